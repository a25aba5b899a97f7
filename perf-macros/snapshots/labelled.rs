// #[profiled(label(kind = kind, tier = user.tier(), max = 100), in_flight, slo(p95 = "200ms", errors = "1%"))]
fn f(kind: &str, user: User) -> Result<u32, E> {
    let (call, label_0, label_1, flight) = {
        struct Here;
        static FLIGHT: ::perf_runtime::__private::Flight = ::perf_runtime::__private::Flight::new();
        static LABEL_0: ::perf_runtime::__private::Labels = ::perf_runtime::__private::Labels::new(
            "kind",
            100u32,
            ::perf_runtime::__private::Site::new(
                    ::perf_runtime::__private::type_name::<Here>,
                    ::perf_runtime::__private::module_path!(),
                    &LANE,
                )
                .part(),
        );
        static LABEL_1: ::perf_runtime::__private::Labels = ::perf_runtime::__private::Labels::new(
            "tier",
            100u32,
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
            .labels(&[&LABEL_0, &LABEL_1])
            .slo(
                ::perf_runtime::__private::Slo::new().p95(200000000u64).errors(0.01f64),
            );
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
            &FLIGHT,
        )
    };
    let label_0 = {
        use ::perf_runtime::__private::{Bare as _, Shown as _};
        (&::perf_runtime::__private::LabelOf(&(kind))).find(label_0)
    };
    let label_1 = {
        use ::perf_runtime::__private::{Bare as _, Shown as _};
        (&::perf_runtime::__private::LabelOf(&(user.tier()))).find(label_1)
    };
    let flight = flight.begin();
    let call = call();
    let label_0 = ::perf_runtime::__private::Call::enter(label_0.lane(), label_0);
    let label_1 = ::perf_runtime::__private::Call::enter(label_1.lane(), label_1);
    let out: ::perf_runtime::__private::Same<Result<u32, E>> = ::perf_runtime::__private::invoke(move || -> ::perf_runtime::__private::Same<
        Result<u32, E>,
    > {
        let user = user;
        _ = &kind;
        _ = &user;
        {
            Ok(g(kind)?)
        }
    });
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out).settle(label_1)
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out).settle(label_0)
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out).settle(call)
    };
    out
}
