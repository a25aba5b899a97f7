// #[profiled(capture(id, %name, len = list.len()))]
#[cfg_attr(not(clippy), inline(always))]
fn f(id: u64, name: &str, list: &[u32]) {
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
            || ::perf_runtime::__private::Call::enter(
                LANE.with(::perf_runtime::__private::Lane::here),
                &SITE,
            ),
            &SITE,
        )
    };
    let call = call();
    if true {
        let place_0 = &(id);
        let kept_0 = {
            use ::perf_runtime::__private::Borrowed as _;
            ::perf_runtime::__private::Capture(place_0).kept()
        };
        let place_1 = &(name);
        let kept_1 = {
            use ::perf_runtime::__private::Borrowed as _;
            ::perf_runtime::__private::Capture(place_1).kept()
        };
        let place_2 = &(list.len());
        let kept_2 = {
            use ::perf_runtime::__private::Borrowed as _;
            ::perf_runtime::__private::Capture(place_2).kept()
        };
        let captured = ::perf_runtime::__private::Captured::new(
            site,
            move |fields: &mut ::perf_runtime::__private::Fields<'_>| {
                fields.debug("id", &kept_0);
                fields.display("name", &kept_1);
                fields.debug("len", &kept_2);
            },
        );
        {
            work();
        }
    }
    call.returned();
}
