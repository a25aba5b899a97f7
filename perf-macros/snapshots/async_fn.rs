// #[profiled(name = "checkout")]
pub fn f(
    text: &str,
    n: u32,
) -> impl ::perf_runtime::__private::Future<Output = Result<u32, E>> {
    ::perf_runtime::__private::Measured::new(
        {
            struct Here;
            static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                    ::perf_runtime::__private::type_name::<Here>,
                    ::perf_runtime::__private::module_path!(),
                    &LANE,
                )
                .named("checkout");
            ::perf_runtime::__private::thread_local! {
                static LANE : ::perf_runtime::__private::Lane = const {
                ::perf_runtime::__private::Lane::NEW };
            }
            || (&SITE, LANE.with(::perf_runtime::__private::Lane::here))
        },
        async move {
            let text = text;
            let mut n = n;
            if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
                Result<u32, E>,
            > {
                return out;
            }
            {
                g(text).await
            }
        },
        |out| {
            use ::perf_runtime::__private::Infallible as _;
            ::perf_runtime::__private::Output(out).is_error()
        },
    )
}
