// #[profiled()]
fn f(n: u32) -> impl Future<Output = u32> {
    let site = {
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
        || (&SITE, LANE.with(::perf_runtime::__private::Lane::here))
    };
    let probe = ::perf_runtime::__private::probe::<
        u32,
        _,
    >(|out| {
        use ::perf_runtime::__private::Infallible as _;
        ::perf_runtime::__private::Output(out).is_error()
    });
    let future = ::perf_runtime::__private::invoke(move || {
        let n = n;
        {
            if n == 0 {
                return ready(0);
            }
            ready(n)
        }
    });
    ::perf_runtime::__private::Measured::new(site, future, probe)
}
