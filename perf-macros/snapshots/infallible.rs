// #[profiled()]
#[cfg_attr(not(clippy), inline(always))]
fn f(text: &str) -> &str {
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
    let out: ::perf_runtime::__private::Same<&str> = if true {
        text
    } else {
        ::perf_runtime::__private::never()
    };
    call.returned();
    out
}
