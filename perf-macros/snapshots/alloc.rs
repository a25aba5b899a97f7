// #[profiled(alloc)]
#[cfg_attr(not(clippy), inline(always))]
fn f(text: &str) -> Answer {
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
            || ::perf_runtime::__private::Call::enter(
                LANE.with(::perf_runtime::__private::Lane::here),
                &SITE,
            ),
            &SITE,
        )
    };
    let scope = ::perf_runtime::__private::Scope::enter(scope);
    let call = call();
    let out: ::perf_runtime::__private::Same<Answer> = if true {
        Ok(text.to_owned())
    } else {
        ::perf_runtime::__private::never()
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out)
            .settle_scoped(
                call,
                scope,
                |value| {
                    use ::perf_runtime::__private::Infallible as _;
                    ::perf_runtime::__private::Output(value).is_error()
                },
            )
    };
    out
}
