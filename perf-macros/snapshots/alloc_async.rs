// #[profiled(alloc, name = "checkout")]
fn f(n: u32) -> impl ::perf_runtime::__private::Future<Output = Vec<u32>> {
    let (own,) = {
        struct Here;
        static TOTALS: ::perf_runtime::__private::Totals = ::perf_runtime::__private::Totals::new();
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .named("checkout")
            .allocations(&TOTALS);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        (|| (&SITE, LANE.with(::perf_runtime::__private::Lane::here)),)
    };
    ::perf_runtime::__private::measured(
        own,
        async move {
            let n = n;
            if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
                Vec<u32>,
            > {
                return out;
            }
            {
                vec![n]
            }
        },
        |out| {
            use ::perf_runtime::__private::Infallible as _;
            ::perf_runtime::__private::Output(out).is_error()
        },
    )
}
