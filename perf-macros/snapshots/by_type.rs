// #[profiled(by_type)]
fn f<'a, T: Into<Vec<u8>>, const N: usize>(value: &'a T) -> Answer<T> {
    let (call, label_0, label_1) = {
        struct Here;
        static LABEL_0: ::perf_runtime::__private::Labels = ::perf_runtime::__private::Labels::new(
            "T",
            32u32,
            ::perf_runtime::__private::Site::new(
                    ::perf_runtime::__private::type_name::<Here>,
                    ::perf_runtime::__private::module_path!(),
                    &LANE,
                )
                .part(),
        );
        static LABEL_1: ::perf_runtime::__private::Labels = ::perf_runtime::__private::Labels::new(
            "N",
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
            .labels(&[&LABEL_0, &LABEL_1]);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        (
            || ::perf_runtime::__private::Call::enter(
                LANE.with(::perf_runtime::__private::Lane::here),
                &SITE,
            ),
            &LABEL_0,
            &LABEL_1,
        )
    };
    let label_0 = label_0.find(::perf_runtime::__private::type_name::<T>());
    let label_1 = {
        use ::perf_runtime::__private::{Bare as _, Shown as _};
        (&::perf_runtime::__private::LabelOf(&(N))).find(label_1)
    };
    let call = call();
    let label_0 = ::perf_runtime::__private::Call::enter(label_0.lane(), label_0);
    let label_1 = ::perf_runtime::__private::Call::enter(label_1.lane(), label_1);
    let out: ::perf_runtime::__private::Same<Answer<T>> = if true {
        g(value)
    } else {
        ::perf_runtime::__private::never()
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out)
            .settle_any(
                label_1,
                |value| {
                    use ::perf_runtime::__private::Infallible as _;
                    ::perf_runtime::__private::Output(value).is_error()
                },
            )
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out)
            .settle_any(
                label_0,
                |value| {
                    use ::perf_runtime::__private::Infallible as _;
                    ::perf_runtime::__private::Output(value).is_error()
                },
            )
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out)
            .settle_any(
                call,
                |value| {
                    use ::perf_runtime::__private::Infallible as _;
                    ::perf_runtime::__private::Output(value).is_error()
                },
            )
    };
    out
}
