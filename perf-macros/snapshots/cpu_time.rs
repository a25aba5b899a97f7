// #[profiled(cpu, sample = 0.5)]
#[cfg_attr(not(clippy), inline(always))]
fn f(n: u32) -> u32 {
    let call = {
        struct Here;
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .every(2u32)
            .cpu();
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        ::perf_runtime::__private::Call::enter(
            LANE.with(::perf_runtime::__private::Lane::here),
            &SITE,
        )
    };
    let out: ::perf_runtime::__private::Same<u32> = if true {
        n
    } else {
        ::perf_runtime::__private::never()
    };
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out).settle(call)
    };
    out
}
