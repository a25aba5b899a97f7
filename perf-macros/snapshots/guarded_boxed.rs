// #[bulkhead(8)] fn quote(&self) -> Pin<Box<dyn Future<Output = Result<Quote, Error>> + Send + '_>> { Box::pin(async move { ask().await }) }
fn quote(&self) -> Pin<Box<dyn Future<Output = Result<Quote, Error>> + Send + '_>> {
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
            (::perf_runtime::__private::Bulkhead, ()),
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &GUARDS)
    };
    let future = ::perf_runtime::__private::invoke(move || {
        {
            Box::pin(async move { ask().await })
        }
    });
    ::perf_runtime::__private::boxed(async move {
        if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
            Result<Quote, Error>,
        > {
            return out;
        }
        'call: {
            {
                let inputs = ((), ());
                match ::perf_runtime::__private::Permit::enter_async(
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
                    )
                    .await
                {
                    ::perf_runtime::__private::Err(rejected) => {
                        break 'call <::perf_runtime::__private::Same<
                            Result<Quote, Error>,
                        > as ::perf_runtime::__private::Refusable>::refused(rejected);
                    }
                    ::perf_runtime::__private::Ok(permit) => {
                        let out = ::perf_runtime::__private::Measured::new(
                                move || (site, lane()),
                                future,
                                |out| {
                                    use ::perf_runtime::__private::Infallible as _;
                                    ::perf_runtime::__private::Output(out).is_error()
                                },
                            )
                            .await;
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
    })
}
