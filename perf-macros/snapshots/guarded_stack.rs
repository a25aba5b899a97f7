// #[rate_limited(rate = "8/s")] #[circuit_breaker(failure = |out| out.is_err(), fallback = Self::cached)] #[profiled(workload = "light")] fn quote(&self, symbol: &str) -> Quote { self.ask(symbol) }
fn quote(&self, symbol: &str) -> Quote {
    #[profiled(@)]
    const _: () = ();
    #[circuit_breaker(@)]
    const _: () = ();
    let (site, lane, guards) = {
        struct Here;
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .workload(::perf_runtime::__private::Workload::Light);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        static GUARDS: ::perf_runtime::__private::Kept<
            (
                ::perf_runtime::__private::CircuitBreaker,
                (::perf_runtime::__private::RateLimiter, ()),
            ),
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &GUARDS)
    };
    'call: {
        {
            let inputs = ((), (1, ()));
            match ::perf_runtime::__private::Permit::enter(
                guards
                    .get(
                        site,
                        |name: ::perf_runtime::__private::Name| ::perf_runtime::__private::Ok((
                            <::perf_runtime::__private::CircuitBreaker>::builder()
                                .name(name)
                                .workload(::perf_runtime::__private::Workload::Light)
                                .build()?,
                            (
                                <::perf_runtime::__private::RateLimiter>::builder()
                                    .name(name)
                                    .rate(
                                        ::perf_runtime::__private::Rate::new(
                                            8u64,
                                            ::perf_runtime::__private::Duration::from_nanos(
                                                1000000000u64,
                                            ),
                                        ),
                                    )
                                    .build()?,
                                (),
                            ),
                        )),
                    ),
                inputs,
            ) {
                ::perf_runtime::__private::Err(rejected) => {
                    break 'call {
                        ::perf_runtime::__private::answered(&rejected);
                        (Self::cached)(self, symbol)
                    };
                }
                ::perf_runtime::__private::Ok(permit) => {
                    let out = {
                        let call = ::perf_runtime::__private::Call::enter(lane(), site);
                        let out = ::perf_runtime::__private::invoke(move || -> ::perf_runtime::__private::Same<
                            Quote,
                        > {
                            {
                                self.ask(symbol)
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
                                |out| out.is_err(),
                            ),
                        );
                    out
                }
            }
        }
    }
}
