// #[bulkhead(8)] #[profiled(capture(symbol))] fn quote(symbol: &str) -> Result<Quote, Error> { Ok(ask(symbol)?) }
fn quote(symbol: &str) -> Result<Quote, Error> {
    #[profiled(@)]
    const _: () = ();
    let (site, lane, guards) = {
        struct Here;
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .capturing()
            .every(1);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        static GUARDS: ::perf_runtime::__private::Kept<
            (::perf_runtime::__private::Bulkhead, ()),
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &GUARDS)
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
                        let call = ::perf_runtime::__private::Call::enter(lane(), site);
                        let out = ::perf_runtime::__private::invoke(move || -> ::perf_runtime::__private::Same<
                            Result<Quote, Error>,
                        > {
                            let place_0 = &(symbol);
                            let kept_0 = {
                                use ::perf_runtime::__private::Borrowed as _;
                                ::perf_runtime::__private::Capture(place_0).kept()
                            };
                            let captured = ::perf_runtime::__private::Captured::new(
                                site,
                                move |fields: &mut ::perf_runtime::__private::Fields<'_>| {
                                    fields.debug("symbol", &kept_0);
                                },
                            );
                            {
                                Ok(ask(symbol)?)
                            }
                        });
                        {
                            use ::perf_runtime::__private::Settle as _;
                            ::perf_runtime::__private::Ended(out).settle(call)
                        }
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
