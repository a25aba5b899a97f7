// #[profiled()]
#[cfg_attr(not(clippy), inline(always))]
#[track_caller]
fn f(n: u32) -> Answer {
    let mut call = {
        struct Here;
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
            ::perf_runtime::__private::type_name::<Here>,
            ::perf_runtime::__private::module_path!(),
            &LANE,
        );
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        ::perf_runtime::__private::Tracked::enter(
            LANE.with(::perf_runtime::__private::Lane::here),
            &SITE,
            {
                use ::perf_runtime::__private::NoResult as _;
                ::perf_runtime::__private::Ended::<Answer>::IS_RESULT
            },
        )
    };
    let out: ::perf_runtime::__private::Same<Answer> = if true {
        'body: {
            if n == 0 {
                break 'body Err(());
            }
            g(|| {
                return 1;
            })?;
            Ok(n)
        }
    } else {
        ::perf_runtime::__private::never()
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out)
            .settle_any(
                call.take(),
                |value| {
                    use ::perf_runtime::__private::Infallible as _;
                    ::perf_runtime::__private::Output(value).is_error()
                },
            )
    };
    out
}
