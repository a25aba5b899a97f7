// #[profiled()]
#[cfg_attr(not(clippy), inline(always))]
fn f(
    a: A,
    argument_1: (B, C),
    argument_2: D,
    argument_3: E,
    argument_4: F,
) -> Option<u32> {
    let call = {
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
        ::perf_runtime::__private::Call::enter(
            LANE.with(::perf_runtime::__private::Lane::here),
            &SITE,
        )
    };
    let out: ::perf_runtime::__private::Same<Option<u32>> = ::perf_runtime::__private::invoke(move || -> ::perf_runtime::__private::Same<
        Option<u32>,
    > {
        let mut a = a;
        let mut argument_1 = argument_1;
        let (b, _) = argument_1;
        let mut argument_2 = argument_2;
        let _ = argument_2;
        let mut argument_3 = argument_3;
        let (_e,) = (argument_3,);
        let mut argument_4 = argument_4;
        let ref f = argument_4;
        {
            g()?;
            None
        }
    });
    let out = {
        use ::perf_runtime::__private::Settle as _;
        ::perf_runtime::__private::Ended(out).settle(call)
    };
    out
}
