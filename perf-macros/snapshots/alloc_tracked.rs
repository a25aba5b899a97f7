// #[profiled(alloc)]
#[cfg_attr(not(clippy), inline(always))]
#[track_caller]
fn f(n: u32) -> Result<u32, E> {
    let (call, scope) = {
        struct Here;
        static TOTALS: ::perf_runtime::__private::Totals = ::perf_runtime::__private::Totals::new();
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .allocations(&TOTALS);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        (
            || ::perf_runtime::__private::Tracked::enter(
                LANE.with(::perf_runtime::__private::Lane::here),
                &SITE,
                {
                    use ::perf_runtime::__private::NoResult as _;
                    ::perf_runtime::__private::Ended::<Result<u32, E>>::IS_RESULT
                },
            ),
            &SITE,
        )
    };
    let scope = ::perf_runtime::__private::Scope::enter(scope);
    let mut call = call();
    let out: ::perf_runtime::__private::Same<Result<u32, E>> = if true {
        g(n)?;
        Ok(n)
    } else {
        ::perf_runtime::__private::never()
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out).settle(call.take())
    };
    out
}
