//! Guards decide whether a call may run: what `perf-runtime` is made of, but for its attributes; depend
//! on that crate instead.
//!
//! Each guard is a plain type, and the attribute of the same name keeps one for its function. A guard
//! takes what a call needs at its beginning (a permit, a slot, a probe) and gives it back, or counts the
//! outcome, when the call is over, however that came about.

mod attached;
mod breaker;
mod bulkhead;
#[cfg(feature = "cache")]
mod cache;
mod error;
mod events;
mod hopeless;
mod limiter;
mod name;
mod primitive;
mod random;
mod registry;
mod rejected;
mod retry;
mod shed;
mod stage;
mod steer;
mod sum;
mod timeout;
mod timer;
#[cfg(feature = "tower")]
pub mod tower;
mod verdict;
#[cfg(all(test, not(loom)))]
mod wakes;

pub use breaker::{BreakerPermit, BreakerState, BreakerWindow, CircuitBreaker, CircuitBreakerBuilder};
pub use bulkhead::{Acquire, Bulkhead, BulkheadBuilder, OwnedPermit, Permit};
#[cfg(feature = "cache")]
pub use cache::{AnyCache, Cache, CacheBuilder};
pub use error::GuardError;
pub use events::{Event, Events, subscribe};
pub use limiter::{
    Admission, Algorithm, KeyedRateLimiter, KeyedRateLimiterBuilder, Rate, RateLimiter, RateLimiterBuilder, RatePermit,
    WhenLimited,
};
pub use name::Name;
pub use registry::{Guard, Guards, guards};
pub use rejected::{Reason, Rejected};
pub use retry::{Retry, RetryBuilder};
pub use shed::{Load, LoadShedder, LoadShedderBuilder, LoadSource, Priority};
pub use timeout::{Timeout, TimeoutBuilder};
pub use timer::Sleep;
pub use verdict::Verdict;

#[doc(hidden)]
pub mod __private {
    //! What expanded attributes name. Not for use by hand; it changes without notice.

    pub use perf_core::__private::*;

    pub use crate::attached::{Kept, Refusable, answered, boxed, cost, key_of, passed, verdict_of, verdict_of_attempt};
    pub use crate::breaker::{BreakerWindow, CircuitBreaker};
    pub use crate::bulkhead::Bulkhead;
    #[cfg(feature = "cache")]
    pub use crate::cache::{
        AnyCache, ByValue, Keepable, Keeper, KeepsAll, KeepsOk, Kept as KeptOf, KeptWhole, KeyOf, KeyPart, Keyed,
        Loaded, Missed,
    };
    pub use crate::limiter::{Algorithm, KeyedRateLimiter, Rate, RateLimiter, WhenLimited};
    pub use crate::name::Name;
    pub use crate::rejected::Rejected;
    pub use crate::retry::Retry;
    pub use crate::shed::{LoadShedder, Priority};
    pub use crate::stage::{Permit, Stage};
    pub use crate::timeout::Timeout;
    pub use crate::verdict::Verdict;
}
