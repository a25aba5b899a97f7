// #[timeout("250ms")] #[profiled(alloc)] async fn quote(symbol: String) -> Result<Quote, Error> { ask(symbol).await }
fn quote(
    symbol: String,
) -> impl ::perf_runtime::__private::Future<Output = Result<Quote, Error>> {
    #[profiled(@)]
    const _: () = ();
    let (site, lane, timeout) = {
        struct Here;
        static TOTALS: ::perf_runtime::__private::Totals = ::perf_runtime::__private::Totals::new();
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .allocations(&TOTALS);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        static TIMEOUT: ::perf_runtime::__private::Kept<
            ::perf_runtime::__private::Timeout,
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &TIMEOUT)
    };
    async move {
        if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
            Result<Quote, Error>,
        > {
            return out;
        }
        'call: {
            match timeout
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
                    ::perf_runtime::__private::measured(
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
                .await
            {
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
