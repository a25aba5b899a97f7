// #[profiled(label(kind = kind), in_flight)]
fn f(kind: Kind) -> impl ::perf_runtime::__private::Future<Output = u32> {
    let (own, label_0, flight) = {
        struct Here;
        static FLIGHT: ::perf_runtime::__private::Flight = ::perf_runtime::__private::Flight::new();
        static LABEL_0: ::perf_runtime::__private::Labels = ::perf_runtime::__private::Labels::new(
            "kind",
            32u32,
            ::perf_runtime::__private::Site::new(
                    ::perf_runtime::__private::type_name::<Here>,
                    ::perf_runtime::__private::module_path!(),
                    &LANE,
                )
                .part(),
        );
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .in_flight(&FLIGHT)
            .labels(&[&LABEL_0]);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        (|| (&SITE, LANE.with(::perf_runtime::__private::Lane::here)), &LABEL_0, &FLIGHT)
    };
    let label_0 = {
        use ::perf_runtime::__private::{Bare as _, Shown as _};
        (&::perf_runtime::__private::LabelOf(&(kind))).find(label_0)
    };
    ::perf_runtime::__private::Measured::new(
        own,
        ::perf_runtime::__private::Measured::new(
            move || (label_0, label_0.lane()),
            ::perf_runtime::__private::Flying::new(
                flight,
                async move {
                    let kind = kind;
                    _ = &kind;
                    if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
                        u32,
                    > {
                        return out;
                    }
                    {
                        1
                    }
                },
            ),
            |out| {
                use ::perf_runtime::__private::Infallible as _;
                ::perf_runtime::__private::Output(out).is_error()
            },
        ),
        |out| {
            use ::perf_runtime::__private::Infallible as _;
            ::perf_runtime::__private::Output(out).is_error()
        },
    )
}
