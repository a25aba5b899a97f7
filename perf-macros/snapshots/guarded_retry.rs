// #[retry(attempts = 3)] #[circuit_breaker] fn quote(symbol: &str, list: Vec<u32>, out: &mut Quote) -> Result<(), Error> { Ok(()) }
fn quote(symbol: &str, list: Vec<u32>, out: &mut Quote) -> Result<(), Error> {
    #[circuit_breaker(@)]
    const _: () = ();
    let (site, lane, guards, retry) = {
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
        static GUARDS: ::perf_runtime::__private::Kept<
            (::perf_runtime::__private::CircuitBreaker, ()),
        > = ::perf_runtime::__private::Kept::new();
        static RETRY: ::perf_runtime::__private::Kept<
            ::perf_runtime::__private::Retry,
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &GUARDS, &RETRY)
    };
    'call: {
        {
            let mut attempts = retry
                .get(
                    site,
                    |name: ::perf_runtime::__private::Name| {
                        <::perf_runtime::__private::Retry>::builder()
                            .name(name)
                            .attempts(3u64 as _)
                            .build()
                    },
                )
                .attempts();
            loop {
                attempts.begin();
                let out = {
                    let inputs = ((), ());
                    match ::perf_runtime::__private::Permit::enter(
                        guards
                            .get(
                                site,
                                |name: ::perf_runtime::__private::Name| ::perf_runtime::__private::Ok((
                                    <::perf_runtime::__private::CircuitBreaker>::builder()
                                        .name(name)
                                        .build()?,
                                    (),
                                )),
                            ),
                        inputs,
                    ) {
                        ::perf_runtime::__private::Err(rejected) => {
                            break 'call <::perf_runtime::__private::Same<
                                Result<(), Error>,
                            > as ::perf_runtime::__private::Refusable>::refused(rejected);
                        }
                        ::perf_runtime::__private::Ok(permit) => {
                            let out = {
                                let symbol = ::perf_runtime::__private::Clone::clone(
                                    &symbol,
                                );
                                let list = ::perf_runtime::__private::Clone::clone(&list);
                                let out = &mut *out;
                                {
                                    let call = ::perf_runtime::__private::Call::enter(
                                        lane(),
                                        site,
                                    );
                                    let out = ::perf_runtime::__private::invoke(|| -> ::perf_runtime::__private::Same<
                                        Result<(), Error>,
                                    > {
                                        let list = list;
                                        {
                                            Ok(())
                                        }
                                    });
                                    {
                                        use ::perf_runtime::__private::Settle as _;
                                        ::perf_runtime::__private::Ended(out).settle(call)
                                    }
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
                };
                attempts.end();
                if !attempts
                    .wants(
                        ::perf_runtime::__private::verdict_of(
                            &out,
                            |out| {
                                use ::perf_runtime::__private::Infallible as _;
                                ::perf_runtime::__private::Output(out).is_error()
                            },
                        ),
                    ) || !attempts.pause()
                {
                    break out;
                }
            }
        }
    }
}
