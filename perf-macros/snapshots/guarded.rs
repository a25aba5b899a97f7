// #[rate_limited(rate = "10_000/s", burst = 500)] fn quote(symbol: &str) -> Result<Quote, Error> { Ok(ask(symbol)?) }
fn quote(symbol: &str) -> Result<Quote, Error> {
    let (site, lane, guards) = {
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
            (::perf_runtime::__private::RateLimiter, ()),
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &GUARDS)
    };
    {
        let inputs = (1, ());
        ::perf_runtime::__private::passed::<
            _,
            ::perf_runtime::__private::Same<Result<Quote, Error>>,
            _,
        >(
            guards,
            site,
            |name: ::perf_runtime::__private::Name| ::perf_runtime::__private::Ok((
                <::perf_runtime::__private::RateLimiter>::builder()
                    .name(name)
                    .rate(
                        ::perf_runtime::__private::Rate::new(
                            10000u64,
                            ::perf_runtime::__private::Duration::from_nanos(
                                1000000000u64,
                            ),
                        ),
                    )
                    .burst(500u64 as _)
                    .build()?,
                (),
            )),
            lane,
            |out, call| {
                use ::perf_runtime::__private::Settle as _;
                ::perf_runtime::__private::Ended(out).settle(call)
            },
            |out| {
                use ::perf_runtime::__private::Infallible as _;
                ::perf_runtime::__private::Output(out).is_error()
            },
            |out| {
                use ::perf_runtime::__private::Infallible as _;
                ::perf_runtime::__private::Output(out).is_error()
            },
            inputs,
            move || -> ::perf_runtime::__private::Same<Result<Quote, Error>> {
                {
                    Ok(ask(symbol)?)
                }
            },
            |rejected| <::perf_runtime::__private::Same<
                Result<Quote, Error>,
            > as ::perf_runtime::__private::Refusable>::refused(rejected),
        )
    }
}
