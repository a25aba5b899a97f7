// #[profiled(crate = facade::perf, sample = "10%")]
#[cfg_attr(not(clippy), inline(always))]
fn f() {
    let call = {
        struct Here;
        static SITE: facade::perf::__private::Site = facade::perf::__private::Site::new(
                facade::perf::__private::type_name::<Here>,
                facade::perf::__private::module_path!(),
                &LANE,
            )
            .every(10u32);
        facade::perf::__private::thread_local! {
            static LANE : facade::perf::__private::Lane = const {
            facade::perf::__private::Lane::NEW };
        }
        facade::perf::__private::Call::enter(
            LANE.with(facade::perf::__private::Lane::here),
            &SITE,
        )
    };
    if true {
    }
    call.returned();
}
