//! Guards as layers of tower, and thus of axum, tonic and whatever else is made of tower's services.
//!
//! A [`GuardLayer`] puts one guard before a service, or several, which a request then passes in the order in which they are
//! named. Services made from clones of a layer, and clones of a service, share the guards, as clones of a guard do: it does
//! not matter whether a server makes a service for all connections or one for each.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use perf_runtime::tower::GuardLayer;
//! use perf_runtime::{Bulkhead, CircuitBreaker, Rate, RateLimiter};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! /// A status, and when to come again.
//! type Response = (u16, Option<u64>);
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let guards = GuardLayer::new(CircuitBreaker::builder().name("shop").build()?)
//!     .and(RateLimiter::builder().name("shop").rate(Rate::per_minute(1)).build()?)
//!     .and(Bulkhead::builder().name("shop").max_concurrent(64).build()?)
//!     .on_rejected(|rejected| (rejected.http_status(), rejected.retry_after_secs()))
//!     .failure(|answer: &Result<Response, Infallible>| matches!(answer, Ok((500.., _))));
//!
//! let service = ServiceBuilder::new()
//!     .layer(guards)
//!     .service(service_fn(async |_path: &str| Ok::<Response, Infallible>((200, None))));
//!
//! assert_eq!(service.clone().oneshot("/").await?, (200, None));
//! assert_eq!(service.clone().oneshot("/").await?, (429, Some(60)));
//! # Ok(())
//! # }
//! ```
//!
//! # What a request goes through
//!
//! `poll_ready` is the service's own. `call` takes the instance that said it was ready, and leaves a clone in its place: the
//! service has to be `Clone`. The guards are passed when the answer is first polled, where calls may wait for their turn as
//! the guards are set; meanwhile the ready instance is kept, with whatever it has reserved. Then it is called. Where a guard
//! refuses, it is dropped without being called.
//!
//! When the answer is there, the guards are told how it went, as [`GuardLayer::failure`] says. A service that panics has
//! failed. An answer that is dropped before it was there says nothing, and gives back what was taken. In HTTP, the answer
//! is there with its head; a body that is streamed after it is not waited for.
//!
//! Of several guards in one layer, those further out are undone where one further in refuses: to them that request never
//! was. Guards in layers of their own do not know of each other. An outer one sees a refusal as what it is made into: errors
//! that are a [`Rejected`] say nothing, but a response is a success unless [`GuardLayer::failure`] knows better.
//! So put those that belong together into one layer.
//!
//! # What it costs
//!
//! What the guards cost, a clone of the service, and three changes of a counter that the clones share. Nothing is allocated,
//! save for a request that has to wait, which gets a box.

mod admission;
mod admit;
mod judge;
mod refusal;
mod request;
mod service;

use std::fmt;

use tower_layer::Layer;

pub use judge::{Errors, Judge};
pub use refusal::{AsBoxError, AsError, AsResponse, BoxError, Refusal};
pub use request::{ByRequest, RequestGuard};
pub use service::{Guarded, ResponseFuture};

use crate::rejected::Rejected;
use crate::verdict::Verdict;

/// Puts guards before a service.
///
/// `G` are the guards, `R` says what becomes of a refusal, and `J` what is a failure. Unless told otherwise, a refusal is an
/// error of the service's type, which has to be `From<Rejected>`, and [`Errors`] are failures. See the
/// [module](self) for an example, and for what a request goes through.
#[derive(Clone)]
#[must_use = "a layer does nothing by itself"]
pub struct GuardLayer<G, R = AsError, J = Errors> {
    guard: G,
    refusal: R,
    judge: J,
}

impl<G> GuardLayer<G> {
    /// One guard: a `CircuitBreaker`, `RateLimiter`, `Bulkhead` or `LoadShedder`; a `KeyedRateLimiter` with
    /// [`by_key`](crate::KeyedRateLimiter::by_key).
    pub fn new(guard: G) -> Self {
        Self { guard, refusal: AsError, judge: Errors }
    }
}

impl<G, R, J> GuardLayer<G, R, J> {
    /// And another one, which is passed after those before it.
    pub fn and<H>(self, further_in: H) -> GuardLayer<(G, H), R, J> {
        GuardLayer { guard: (self.guard, further_in), refusal: self.refusal, judge: self.judge }
    }

    /// Answers a refusal with a response, so that the guarded service fails only as the service itself does, which may be
    /// never. In HTTP: [`http_status`](Rejected::http_status) and, as `Retry-After`,
    /// [`retry_after_secs`](Rejected::retry_after_secs). Called only where a request was refused, with nothing taken.
    pub fn on_rejected<Response, F: Fn(&Rejected) -> Response>(self, respond: F) -> GuardLayer<G, AsResponse<F>, J> {
        GuardLayer { guard: self.guard, refusal: AsResponse(respond), judge: self.judge }
    }

    /// Makes all errors [`BoxError`]s, the service's own and refusals, which can be told by
    /// `error.downcast_ref::<Rejected>()`.
    pub fn boxed_errors(self) -> GuardLayer<G, AsBoxError, J> {
        GuardLayer { guard: self.guard, refusal: AsBoxError, judge: self.judge }
    }

    /// Says which answers are failures: true for one, or a [`Verdict`]. A closure has to name the type of
    /// what it is given: `|answer: &Result<Response, Infallible>| …`.
    pub fn failure<Response, E, V, F>(self, failure: F) -> GuardLayer<G, R, F>
    where
        F: Fn(&Result<Response, E>) -> V,
        V: Into<Verdict>,
    {
        GuardLayer { guard: self.guard, refusal: self.refusal, judge: failure }
    }
}

impl<S, G: Clone, R: Clone, J: Clone> Layer<S> for GuardLayer<G, R, J> {
    type Service = Guarded<S, G, R, J>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded::new(inner, self.clone())
    }
}

impl<G: fmt::Debug, R, J> fmt::Debug for GuardLayer<G, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").field("guard", &self.guard).finish_non_exhaustive()
    }
}
