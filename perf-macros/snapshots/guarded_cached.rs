// #[cached(capacity = 100, ttl = "1min")] fn quote(symbol: &str, at: u64) -> Quote { ask(symbol, at) }
fn quote(symbol: &str, at: u64) -> Quote {
    let (site, lane, cached) = {
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
        static CACHED: ::perf_runtime::__private::Kept<
            ::perf_runtime::__private::AnyCache,
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &CACHED)
    };
    {
        let recalled = {
            use ::perf_runtime::__private::ByValue as _;
            cached
                .get(
                    site,
                    |name: ::perf_runtime::__private::Name| {
                        <::perf_runtime::__private::AnyCache>::builder()
                            .name(name)
                            .capacity(100u64 as _)
                            .ttl(
                                ::perf_runtime::__private::Duration::from_nanos(
                                    60000000000u64,
                                ),
                            )
                            .build()
                    },
                )
                .recall::<
                    _,
                    _,
                    ::perf_runtime::__private::Same<Quote>,
                    _,
                >(
                    &|| (),
                    &(
                        ::perf_runtime::__private::KeyOf(&symbol).part(),
                        (::perf_runtime::__private::KeyOf(&at).part(), ()),
                    ),
                    {
                        use ::perf_runtime::__private::KeptWhole as _;
                        ::perf_runtime::__private::KeptOf::<
                            ::perf_runtime::__private::Same<Quote>,
                        >::NEW
                            .keeper()
                    },
                )
        };
        match recalled {
            ::perf_runtime::__private::Ok(out) => out,
            ::perf_runtime::__private::Err(missed) => {
                missed
                    .load(move || -> ::perf_runtime::__private::Loaded<
                        ::perf_runtime::__private::Same<Quote>,
                    > {
                        'call: {
                            ::perf_runtime::__private::Loaded::own({
                                let call = ::perf_runtime::__private::Call::enter(
                                    lane(),
                                    site,
                                );
                                let out = ::perf_runtime::__private::invoke(move || -> ::perf_runtime::__private::Same<
                                    Quote,
                                > {
                                    let at = at;
                                    {
                                        ask(symbol, at)
                                    }
                                });
                                {
                                    use ::perf_runtime::__private::Settle as _;
                                    ::perf_runtime::__private::Ended(out).settle(call)
                                }
                            })
                        }
                    })
            }
        }
    }
}
