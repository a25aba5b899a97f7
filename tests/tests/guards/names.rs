//! Attributes that another one takes off a function are used all the same.
#![deny(warnings)]

mod imported {
    use perf_runtime::{Rejected, circuit_breaker, profiled, rate_limited};

    #[profiled(workload = "light")]
    #[circuit_breaker]
    #[rate_limited(rate = "1000/s")]
    pub(crate) fn stacked() -> Result<u32, Rejected> {
        Ok(1)
    }
}

mod by_path {
    #[perf_runtime::circuit_breaker]
    #[perf_runtime::profiled]
    pub(crate) fn stacked() -> Result<u32, perf_runtime::Rejected> {
        Ok(2)
    }
}

mod renamed {
    use perf_runtime::{Rejected, circuit_breaker as trips, rate_limited as slowed};

    /// They cannot see each other, and are nested.
    #[slowed(rate = "1/h")]
    #[trips]
    pub(crate) fn stacked() -> Result<u32, Rejected> {
        Ok(3)
    }
}

#[test]
fn whatever_they_are_called_they_all_work() {
    assert_eq!((imported::stacked(), by_path::stacked(), renamed::stacked()), (Ok(1), Ok(2), Ok(3)));
    assert!(renamed::stacked().is_err());
}

/// A runtime by another name.
mod elsewhere {
    mod facade {
        pub(crate) use perf_runtime as perf;
    }

    #[facade::perf::rate_limited(rate = "1/h")]
    #[facade::perf::circuit_breaker]
    pub(crate) fn stacked() -> Result<u32, perf_runtime::Rejected> {
        Ok(4)
    }
}

#[test]
fn a_runtime_by_another_name_is_seen() {
    assert_eq!(elsewhere::stacked(), Ok(4));
    let refused = elsewhere::stacked().unwrap_err();
    assert_eq!(refused.reason(), perf_runtime::Reason::RateLimited);
    let path = "names::elsewhere::stacked";
    assert_eq!(perf_runtime::snapshot().function(path).unwrap().calls(), 1, "one wrapper, not two");
}

mod in_a_block {
    use perf_runtime::{profiled, rate_limited};

    pub(crate) struct Mail;

    #[profiled(workload = "light")]
    impl Mail {
        #[rate_limited(rate = "1/h")]
        pub(crate) fn send(&self) -> Result<u32, perf_runtime::Rejected> {
            let Self = self;
            Ok(5)
        }
    }
}

#[test]
fn a_guarded_member_of_a_measured_block_is_measured_once() {
    assert_eq!(in_a_block::Mail.send(), Ok(5));
    assert!(in_a_block::Mail.send().is_err());
    let snapshot = perf_runtime::snapshot();
    let send = snapshot.function("Mail::send").unwrap();
    assert_eq!((send.calls(), send.errors()), (1, 0));
    assert_eq!(send.declared(), Some(perf_runtime::Workload::Light));
}

/// Attributes of other crates that have our names.
mod of_others {
    use perf_runtime::profiled;
    use tokio::main as retry;

    /// `flavor` is nothing that ours could be told.
    #[profiled]
    #[retry(flavor = "current_thread")]
    pub(crate) async fn marked() -> u32 {
        6
    }
}

#[test]
fn an_attribute_of_our_name_with_other_options_is_left_to_whom_it_belongs() {
    assert_eq!(of_others::marked(), 6);
}
