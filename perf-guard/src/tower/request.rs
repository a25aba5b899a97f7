//! What a request means to a guard.

use std::fmt;
use std::hash::Hash;

use super::admit::Admit;
use crate::limiter::{KeyedRateLimiter, RateLimiter, key_of};
use crate::rejected::Rejected;
use crate::stage::Stage;
use crate::verdict::Verdict;

/// A guard that requests can pass: any of this crate, or several of them, made by
/// [`GuardLayer::and`](super::GuardLayer::and). No other type can implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed by a `{Request}`",
    note = "a `KeyedRateLimiter` has to know whose a request is: `limiter.by_key(|request: &Request| …)`"
)]
pub trait RequestGuard<Request>: Admit {
    /// What the guard asks of this request.
    #[doc(hidden)]
    fn input(&self, request: &Request) -> Self::Input;
}

impl<Request, A: RequestGuard<Request>, B: RequestGuard<Request>> RequestGuard<Request> for (A, B) {
    fn input(&self, request: &Request) -> Self::Input {
        (self.0.input(request), self.1.input(request))
    }
}

/// A guard to which requests are not alike: made by [`KeyedRateLimiter::by_key`] and [`RateLimiter::by_cost`].
#[derive(Clone)]
pub struct ByRequest<G, F> {
    pub(super) guard: G,
    input: F,
}

impl<Request, G: Admit, F> RequestGuard<Request> for ByRequest<G, F>
where
    F: Fn(&Request) -> G::Input + Clone + Send + Sync + 'static,
{
    fn input(&self, request: &Request) -> G::Input {
        (self.input)(request)
    }
}

impl<G: Stage, F> Stage for ByRequest<G, F> {
    type Input = G::Input;
    type Ticket = G::Ticket;

    fn enter(&self, input: G::Input) -> Result<G::Ticket, Rejected> {
        self.guard.enter(input)
    }

    fn leave(&self, ticket: G::Ticket, verdict: Verdict) {
        self.guard.leave(ticket, verdict);
    }

    fn undo(&self, ticket: G::Ticket) {
        self.guard.undo(ticket);
    }
}

impl<G: fmt::Debug, F> fmt::Debug for ByRequest<G, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ByRequest").field(&self.guard).finish()
    }
}

impl KeyedRateLimiter {
    /// The limiter for a [`GuardLayer`](super::GuardLayer): `key` says whose a request is.
    pub fn by_key<Request, K: Hash>(
        &self,
        key: impl Fn(&Request) -> K + Clone + Send + Sync + 'static,
    ) -> ByRequest<Self, impl Fn(&Request) -> (u64, u64) + Clone + Send + Sync + 'static> {
        ByRequest { guard: self.clone(), input: move |request: &Request| (key_of(&key(request)), 1) }
    }
}

impl RateLimiter {
    /// The limiter for a [`GuardLayer`](super::GuardLayer): `cost` says how many permits a request takes. Those that take
    /// none are always admitted.
    pub fn by_cost<Request>(
        &self,
        cost: impl Fn(&Request) -> u64 + Clone + Send + Sync + 'static,
    ) -> ByRequest<Self, impl Fn(&Request) -> u64 + Clone + Send + Sync + 'static> {
        ByRequest { guard: self.clone(), input: cost }
    }
}
