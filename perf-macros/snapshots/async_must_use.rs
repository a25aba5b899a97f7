// #[profiled()]
#[must_use]
async fn f(n: u32) -> u32 {
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
                let n = n;
                if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
                    u32,
                > {
                    return out;
                }
                {
                    n
                }
            },
            |out| {
                use ::perf_runtime::__private::Infallible as _;
                ::perf_runtime::__private::Output(out).is_error()
            },
        )
        .await
}
