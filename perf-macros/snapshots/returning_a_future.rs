// #[profiled()]
fn f(n: u32) -> impl Future<Output = Result<u32, E>> + Send {
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
        Result<u32, E>,
        _,
    >(|out| {
        use ::perf_runtime::__private::Infallible as _;
        ::perf_runtime::__private::Output(out).is_error()
    });
    let future = {
        async move { Ok(n) }
    };
    ::perf_runtime::__private::Measured::new(site, future, probe)
}
