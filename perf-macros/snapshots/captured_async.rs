// #[profiled(capture(text, self.id))]
fn f(
    &self,
    text: String,
) -> impl ::perf_runtime::__private::Future<Output = Result<u32, E>> {
    let (own, site) = {
        struct Here;
        static SITE: ::perf_runtime::__private::Site = ::perf_runtime::__private::Site::new(
                ::perf_runtime::__private::type_name::<Here>,
                ::perf_runtime::__private::module_path!(),
                &LANE,
            )
            .capturing()
            .every(1);
        ::perf_runtime::__private::thread_local! {
            static LANE : ::perf_runtime::__private::Lane = const {
            ::perf_runtime::__private::Lane::NEW };
        }
        (|| (&SITE, LANE.with(::perf_runtime::__private::Lane::here)), &SITE)
    };
    ::perf_runtime::__private::Measured::new(
        own,
        async move {
            let text = text;
            let place_0 = &(text);
            let kept_0 = {
                use ::perf_runtime::__private::Borrowed as _;
                ::perf_runtime::__private::Capture(place_0).kept()
            };
            let place_1 = &(self.id);
            let kept_1 = {
                use ::perf_runtime::__private::Borrowed as _;
                ::perf_runtime::__private::Capture(place_1).kept()
            };
            let captured = ::perf_runtime::__private::Captured::of_future(
                site,
                move |fields: &mut ::perf_runtime::__private::Fields<'_>| {
                    fields.debug("text", &kept_0);
                    fields.debug("self.id", &kept_1);
                },
            );
            if let ::perf_runtime::__private::Some(out) = ::perf_runtime::__private::None::<
                Result<u32, E>,
            > {
                return out;
            }
            {
                g(&text).await
            }
        },
        |out| {
            use ::perf_runtime::__private::Infallible as _;
            ::perf_runtime::__private::Output(out).is_error()
        },
    )
}
