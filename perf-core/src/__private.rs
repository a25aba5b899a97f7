//! What expanded attributes name. Not for use by hand; it changes without notice.

pub use core::any::type_name;
pub use core::clone::Clone;
pub use core::future::Future;
pub use core::module_path;
pub use core::option::Option::{None, Some};
pub use core::result::Result::{Err, Ok};
pub use core::time::Duration;

pub use crate::alloc::future::measured;
pub use crate::alloc::scope::{Scope, scoped};
pub use crate::alloc::totals::Totals;
pub use crate::call::{
    Borrowed, Call, Capture, Captured, Ended, Fields, Flight, Flying, Grounded, Here, Infallible, Key, Lane, Measured,
    NoResult, Output, Settle, Tracked, invoke, never, probe, thread_local,
};
pub use crate::callsite::{Bare, LabelOf, Labels, Shown, Site, Slo, Workload};

/// `T`, where the attribute repeats it: lints have said of the signature what there is to say.
pub type Same<T> = T;
