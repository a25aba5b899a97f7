// #[profiled()]
mod shop {
    use a::{b, c};
    #[cfg_attr(not(clippy), inline(always))]
    pub fn top() {
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
        if true {
        }
        call.returned();
    }
    mod deep {
        #[cfg_attr(not(clippy), inline(always))]
        pub fn bottom() {
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
            if true {
            }
            call.returned();
        }
    }
}
