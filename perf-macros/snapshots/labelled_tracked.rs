// #[profiled(label(kind = kind))]
#[track_caller]
fn f(kind: Kind) -> Answer {
    let (call, label_0) = {
        struct Here;
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
            .labels(&[&LABEL_0]);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        (
            || ::perf_runtime::__private::Tracked::enter(
                LANE.with(::perf_runtime::__private::Lane::here),
                &SITE,
                {
                    use ::perf_runtime::__private::NoResult as _;
                    ::perf_runtime::__private::Ended::<Answer>::IS_RESULT
                },
            ),
            &LABEL_0,
        )
    };
    let label_0 = {
        use ::perf_runtime::__private::{Bare as _, Shown as _};
        (&::perf_runtime::__private::LabelOf(&(kind))).find(label_0)
    };
    let mut call = call();
    let mut label_0 = ::perf_runtime::__private::Tracked::enter(
        label_0.lane(),
        label_0,
        {
            use ::perf_runtime::__private::NoResult as _;
            ::perf_runtime::__private::Ended::<Answer>::IS_RESULT
        },
    );
    let out: ::perf_runtime::__private::Same<Answer> = if true {
        g(kind)?;
        Ok(1)
    } else {
        ::perf_runtime::__private::never()
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out)
            .settle_any(
                label_0.take(),
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
                call.take(),
                |value| {
                    use ::perf_runtime::__private::Infallible as _;
                    ::perf_runtime::__private::Output(value).is_error()
                },
            )
    };
    out
}
