// #[profiled(capture(list), sample = "adaptive")]
#[cfg_attr(not(clippy), inline(always))]
fn f(list: Vec<u32>) -> Result<u32, E> {
    let (call, site) = {
        struct Here;
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .capturing();
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
    let call = call();
    let out: ::perf_runtime::__private::Same<Result<u32, E>> = ::perf_runtime::__private::invoke(move || -> ::perf_runtime::__private::Same<
        Result<u32, E>,
    > {
        let list = list;
        let place_0 = &(list);
        let kept_0 = {
            use ::perf_runtime::__private::Borrowed as _;
            ::perf_runtime::__private::Capture(place_0).kept()
        };
        let captured = ::perf_runtime::__private::Captured::new(
            site,
            move |fields: &mut ::perf_runtime::__private::Fields<'_>| {
                fields.debug("list", &kept_0);
            },
        );
        {
            Ok(g(&list)?)
        }
    });
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out).settle(call)
    };
    out
}
