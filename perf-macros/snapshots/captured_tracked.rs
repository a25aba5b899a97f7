// #[profiled(capture(n))]
#[cfg_attr(not(clippy), inline(always))]
#[track_caller]
fn f(n: u32) -> Answer {
    let (call, site) = {
        struct Here;
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .capturing()
            .every(1);
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
                    ::perf_runtime::__private::Ended::<Answer>::IS_RESULT
                },
            ),
            &SITE,
        )
    };
    let mut call = call();
    let out: ::perf_runtime::__private::Same<Answer> = if true {
        let place_0 = &(n);
        let kept_0 = {
            use ::perf_runtime::__private::Borrowed as _;
            ::perf_runtime::__private::Capture(place_0).kept()
        };
        let captured = ::perf_runtime::__private::Captured::new(
            site,
            move |fields: &mut ::perf_runtime::__private::Fields<'_>| {
                fields.debug("n", &kept_0);
            },
        );
        {
            'body: {
                if n == 0 {
                    break 'body Err(());
                }
                Ok(n)
            }
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
