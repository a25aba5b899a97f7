// #[bulkhead(8)] #[profiled(label(kind = kind), in_flight)] fn quote(kind: Kind) -> Result<Quote, Error> { ask(kind) }
fn quote(kind: Kind) -> Result<Quote, Error> {
    #[profiled(@)]
    const _: () = ();
    let (site, lane, guards, label_0, flight) = {
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
        static GUARDS: ::perf_runtime::__private::Kept<
            (::perf_runtime::__private::Bulkhead, ()),
        > = ::perf_runtime::__private::Kept::new();
        (
            &SITE,
            || LANE.with(::perf_runtime::__private::Lane::here),
            &GUARDS,
            &LABEL_0,
            &FLIGHT,
        )
    };
    let label_0 = {
        use ::perf_runtime::__private::{Bare as _, Shown as _};
        (&::perf_runtime::__private::LabelOf(&(kind))).find(label_0)
    };
    'call: {
        {
            let inputs = ((), ());
            match ::perf_runtime::__private::Permit::enter(
                guards
                    .get(
                        site,
                        |name: ::perf_runtime::__private::Name| ::perf_runtime::__private::Ok((
                            <::perf_runtime::__private::Bulkhead>::builder()
                                .name(name)
                                .max_concurrent(8u64 as _)
                                .build()?,
                            (),
                        )),
                    ),
                inputs,
            ) {
                ::perf_runtime::__private::Err(rejected) => {
                    break 'call <::perf_runtime::__private::Same<
                        Result<Quote, Error>,
                    > as ::perf_runtime::__private::Refusable>::refused(rejected);
                }
                ::perf_runtime::__private::Ok(permit) => {
                    let out = {
                        let flight = flight.begin();
                        let call = ::perf_runtime::__private::Call::enter(lane(), site);
                        let label_0 = ::perf_runtime::__private::Call::enter(
                            label_0.lane(),
                            label_0,
                        );
                        let out = ::perf_runtime::__private::invoke(move || -> ::perf_runtime::__private::Same<
                            Result<Quote, Error>,
                        > {
                            let kind = kind;
                            _ = &kind;
                            {
                                ask(kind)
                            }
                        });
                        let out = {
                            use ::perf_runtime::__private::Settle as _;
                            ::perf_runtime::__private::Ended(out).settle(label_0)
                        };
                        let out = {
                            use ::perf_runtime::__private::Settle as _;
                            ::perf_runtime::__private::Ended(out).settle(call)
                        };
                        out
                    };
                    permit
                        .settle(
                            ::perf_runtime::__private::verdict_of(
                                &out,
                                |out| {
                                    use ::perf_runtime::__private::Infallible as _;
                                    ::perf_runtime::__private::Output(out).is_error()
                                },
                            ),
                        );
                    out
                }
            }
        }
    }
}
