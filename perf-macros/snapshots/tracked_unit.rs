// #[profiled()]
#[cfg_attr(not(clippy), inline(always))]
#[track_caller]
fn f(n: Option<u32>) {
    let call = {
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
            false,
        )
    };
    {
        assert!(n.is_some());
    }
}
