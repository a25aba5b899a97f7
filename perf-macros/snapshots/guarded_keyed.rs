// #[rate_limited(rate = "5/min", key = user.id, cost = size)] fn send(user: &User, size: usize) -> Result<(), Error> { Ok(()) }
fn send(user: &User, size: usize) -> Result<(), Error> {
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
            (::perf_runtime::__private::KeyedRateLimiter, ()),
        > = ::perf_runtime::__private::Kept::new();
        (&SITE, || LANE.with(::perf_runtime::__private::Lane::here), &GUARDS)
    };
    {
        let inputs = (
            (
                ::perf_runtime::__private::key_of(&(user.id)),
                ::perf_runtime::__private::cost(size),
            ),
            (),
        );
        ::perf_runtime::__private::passed::<
            _,
            ::perf_runtime::__private::Same<Result<(), Error>>,
            _,
        >(
            guards,
            site,
            |name: ::perf_runtime::__private::Name| ::perf_runtime::__private::Ok((
                <::perf_runtime::__private::KeyedRateLimiter>::builder()
                    .name(name)
                    .rate(
                        ::perf_runtime::__private::Rate::new(
                            5u64,
                            ::perf_runtime::__private::Duration::from_nanos(
                                60000000000u64,
                            ),
                        ),
                    )
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
            move || -> ::perf_runtime::__private::Same<Result<(), Error>> {
                let size = size;
                _ = &user;
                _ = &size;
                {
                    Ok(())
                }
            },
            |rejected| <::perf_runtime::__private::Same<
                Result<(), Error>,
            > as ::perf_runtime::__private::Refusable>::refused(rejected),
        )
    }
}
