// #[profiled()]
async fn f() -> ! {
    ::perf_runtime::__private::Measured::new(
            {
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
            },
            async move {
                {
                    loop {}
                }
            },
            |_| false,
        )
        .await
}
