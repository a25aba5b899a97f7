// #[timeout("250ms")] #[circuit_breaker(name = "db")] async fn quote(symbol: String) -> Result<Quote, Error> { ask(symbol).await }
fn quote(
    symbol: String,
) -> impl ::perf_runtime::__private::Future<Output = Result<Quote, Error>> {
    #[circuit_breaker(@)]
    const _: () = ();
    let (site, lane, guards, timeout) = {
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
        static TIMEOUT: ::perf_runtime::__private::Kept<
            ::perf_runtime::__private::Timeout,
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &GUARDS, &TIMEOUT)
    };
    async move {
        if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
            Result<Quote, Error>,
        > {
            return out;
        }
        'call: {
            match {
                let inputs = ((), ());
                match ::perf_runtime::__private::Permit::enter_async(
                        guards
                            .get(
                                site,
                                |name: ::perf_runtime::__private::Name| ::perf_runtime::__private::Ok((
                                    <::perf_runtime::__private::CircuitBreaker>::builder()
                                        .name(::perf_runtime::__private::Name::given("db"))
                                        .build()?,
                                    (),
                                )),
                            ),
                        inputs,
                    )
                    .await
                {
                    ::perf_runtime::__private::Err(rejected) => {
                        break 'call <::perf_runtime::__private::Same<
                            Result<Quote, Error>,
                        > as ::perf_runtime::__private::Refusable>::refused(rejected);
                    }
                    ::perf_runtime::__private::Ok(permit) => {
                        let out = timeout
                            .get(
                                site,
                                |name: ::perf_runtime::__private::Name| {
                                    <::perf_runtime::__private::Timeout>::builder(
                                            ::perf_runtime::__private::Duration::from_nanos(
                                                250000000u64,
                                            ),
                                        )
                                        .name(name)
                                        .build()
                                },
                            )
                            .call_async(
                                ::perf_runtime::__private::Measured::new(
                                    move || (site, lane()),
                                    async move {
                                        let symbol = symbol;
                                        if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
                                            Result<Quote, Error>,
                                        > {
                                            return out;
                                        }
                                        {
                                            ask(symbol).await
                                        }
                                    },
                                    |out| {
                                        use ::perf_runtime::__private::Infallible as _;
                                        ::perf_runtime::__private::Output(out).is_error()
                                    },
                                ),
                            )
                            .await;
                        permit
                            .settle(
                                ::perf_runtime::__private::verdict_of_attempt(
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
            } {
                ::perf_runtime::__private::Ok(out) => out,
                ::perf_runtime::__private::Err(rejected) => {
                    <::perf_runtime::__private::Same<
                        Result<Quote, Error>,
                    > as ::perf_runtime::__private::Refusable>::refused(rejected)
                }
            }
        }
    }
}
