// #[profiled(workload = "micro")]
impl Cart {
    const N: u32 = 1;
    const fn new() -> Self {
        Cart
    }
    #[cfg_attr(not(clippy), inline(always))]
    fn len(&self) -> usize {
        let call = {
            struct Here;
            static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                    ::perf_runtime::__private::type_name::<Here>,
                    ::perf_runtime::__private::module_path!(),
                    &LANE,
                )
                .workload(::perf_runtime::__private::Workload::Micro);
            ::perf_runtime::__private::thread_local! {
                static LANE : ::perf_runtime::__private::Lane = const {
                ::perf_runtime::__private::Lane::NEW };
            }
            ::perf_runtime::__private::Call::enter(
                LANE.with(::perf_runtime::__private::Lane::here),
                &SITE,
            )
        };
        let out: ::perf_runtime::__private::Same<usize> = if true {
            0
        } else {
            ::perf_runtime::__private::never()
        };
        let out = {
            use ::perf_runtime::__private::Settle as _;
            ::perf_runtime::__private::Ended(out).settle(call)
        };
        out
    }
    fn left_out(&self) {}
    #[cfg_attr(not(clippy), inline(always))]
    fn own(&self) {
        let call = {
            struct Here;
            static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                    ::perf_runtime::__private::type_name::<Here>,
                    ::perf_runtime::__private::module_path!(),
                    &LANE,
                )
                .named("own")
                .workload(::perf_runtime::__private::Workload::Micro);
            ::perf_runtime::__private::thread_local! {
                static LANE : ::perf_runtime::__private::Lane = const {
                ::perf_runtime::__private::Lane::NEW };
            }
            ::perf_runtime::__private::Call::enter(
                LANE.with(::perf_runtime::__private::Lane::here),
                &SITE,
            )
        };
        if true {
        }
        call.returned();
    }
}
