//! How a call ended, found by type: an inherent method of the wrapper where the type is a `Result`
//! or a boxed future (under whatever alias), a trait's method of the same name where it is neither.

use std::pin::Pin;

use super::guard::Call;
use super::measured::Measured;
use crate::alloc::future::Scoped;
use crate::alloc::scope::Scope;

/// What a synchronous body ended with.
#[derive(Debug)]
pub struct Ended<T>(pub T);

impl<T, E> Ended<Result<T, E>> {
    /// Ends the call, as an error where it is one, and gives the value back.
    #[inline(always)]
    #[allow(clippy::missing_errors_doc, reason = "the value is the user's")]
    pub fn settle(self, call: Call) -> Result<T, E> {
        call.ended(self.0.is_err());
        self.0
    }

    /// The same.
    #[inline(always)]
    #[allow(clippy::missing_errors_doc, reason = "the value is the user's")]
    pub fn settle_any<P: Fn(&Result<T, E>) -> bool>(self, call: Call, _: P) -> Result<T, E> {
        self.settle(call)
    }

    /// The same, of a call whose allocations are counted until now.
    #[inline(always)]
    #[allow(clippy::missing_errors_doc, reason = "the value is the user's")]
    pub fn settle_scoped<P: Fn(&Result<T, E>) -> bool>(self, call: Call, _: Scope, _: P) -> Result<T, E> {
        self.settle(call)
    }
}

impl<T, E> Ended<Result<T, E>> {
    /// That a body that left by `?` ended in an error.
    pub const IS_RESULT: bool = true;
}

/// The same for all other types.
pub trait NoResult {
    /// That a body that left by `?` ended in nothing of the kind.
    const IS_RESULT: bool = false;
}

impl<T> NoResult for Ended<T> {}

/// The same for all types that are neither a `Result` nor a boxed future.
pub trait Settle {
    /// The type itself.
    type Value;
    /// Ends the call and gives the value back.
    fn settle(self, call: Call) -> Self::Value;
    /// The same, for types that might have been futures, with what finds errors in their outputs.
    fn settle_any<P: Fn(&Self::Value) -> bool>(self, call: Call, _: P) -> Self::Value;
    /// The same, of a call whose allocations are counted until now.
    fn settle_scoped<P: Fn(&Self::Value) -> bool>(self, call: Call, _: Scope, _: P) -> Self::Value;
}

impl<T> Settle for Ended<T> {
    type Value = T;

    #[inline(always)]
    fn settle(self, call: Call) -> T {
        call.returned();
        self.0
    }

    #[inline(always)]
    fn settle_any<P: Fn(&T) -> bool>(self, call: Call, _: P) -> T {
        self.settle(call)
    }

    #[inline(always)]
    fn settle_scoped<P: Fn(&T) -> bool>(self, call: Call, _: Scope, _: P) -> T {
        self.settle(call)
    }
}

/// A boxed future is measured when it is polled; that it was made is no call.
macro_rules! boxed {
    ($($auto:ident)*) => {
        impl<'a, T> Ended<Pin<Box<dyn Future<Output = T> $(+ $auto)* + 'a>>> {
            /// Measures the future instead of its making. The one allocation that measuring costs.
            pub fn settle_any<P>(self, call: Call, probe: P) -> Pin<Box<dyn Future<Output = T> $(+ $auto)* + 'a>>
            where
                P: Fn(&T) -> bool $(+ $auto)* + 'a,
            {
                let site = call.withdrawn();
                let measured = Measured::new(move || (site, site.lane()), self.0, probe);
                let measured: Pin<Box<dyn Future<Output = T> $(+ $auto)* + '_>> = Box::pin(measured);
                // SAFETY: only the lifetime changes, back to that of the future in it; all else in it lives
                // as long. Written without a detour, it would take `T: 'a`, which nobody has promised.
                unsafe { std::mem::transmute(measured) }
            }

            /// The same, with the allocations of its polls.
            pub fn settle_scoped<P>(
                self,
                call: Call,
                scope: Scope,
                probe: P,
            ) -> Pin<Box<dyn Future<Output = T> $(+ $auto)* + 'a>>
            where
                P: Fn(&T) -> bool $(+ $auto)* + 'a,
            {
                let site = call.withdrawn();
                scope.withdrawn();
                let measured = Scoped::new(site, Measured::new(move || (site, site.lane()), self.0, probe));
                let measured: Pin<Box<dyn Future<Output = T> $(+ $auto)* + '_>> = Box::pin(measured);
                // SAFETY: as above.
                unsafe { std::mem::transmute(measured) }
            }
        }
    };
}

boxed!();
boxed!(Send);
boxed!(Send Sync);

/// What a future gave back.
#[derive(Debug)]
pub struct Output<'a, T>(pub &'a T);

impl<T, E> Output<'_, Result<T, E>> {
    /// Whether it is an error.
    #[inline(always)]
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.0.is_err()
    }
}

/// The same for all other types.
pub trait Infallible {
    /// It is none.
    fn is_error(&self) -> bool;
}

impl<T> Infallible for Output<'_, T> {
    #[inline(always)]
    fn is_error(&self) -> bool {
        false
    }
}
