//! How requests pass guards: at once where they can, so that nothing need be kept of the passing, and in a
//! future of its own where they have to wait.

use std::convert::Infallible;
use std::future::Future;

use super::{ByRequest, RequestGuard};
use crate::breaker::CircuitBreaker;
use crate::bulkhead::Bulkhead;
use crate::limiter::{KeyedRateLimiter, RateLimiter};
use crate::rejected::Rejected;
use crate::shed::LoadShedder;
use crate::stage::{Entered, Stage};

/// A [`Stage`] that a future enters which owns it.
pub trait Admit: Stage<Input: Send, Ticket: Send> + Clone + Send + Sync + 'static {
    /// What is left to be done for a request that has to wait.
    type Rest: Send;

    /// Lets a request in now, where that can be decided now.
    fn enter_now(&self, input: Self::Input) -> Result<Self::Ticket, Outside<Self::Rest>>;

    /// Waits. Dropped after its first poll, it has taken nothing.
    fn enter_later(&self, rest: Self::Rest) -> impl Future<Output = Result<Self::Ticket, Rejected>> + Send;
}

/// A request that is not in.
#[derive(Debug)]
pub enum Outside<R> {
    /// It has taken nothing.
    Refused(Rejected),
    /// It has what is in there.
    Waits(R),
}

impl<R> From<Rejected> for Outside<R> {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

/// A guard to which all requests are alike.
macro_rules! all_alike {
    ($guard:ty: $input:expr) => {
        impl<Request> RequestGuard<Request> for $guard {
            #[inline]
            fn input(&self, _: &Request) -> Self::Input {
                $input
            }
        }
    };
}

/// Guards that decide at once, with what they ask of a request where all requests are alike to them.
macro_rules! at_once {
    ($($guard:ty $(: $input:expr)?),+) => {$(
        $(all_alike!($guard: $input);)?

        impl Admit for $guard {
            type Rest = Infallible;

            fn enter_now(&self, input: Self::Input) -> Result<Self::Ticket, Outside<Infallible>> {
                Ok(Stage::enter(self, input)?)
            }

            async fn enter_later(&self, rest: Infallible) -> Result<Self::Ticket, Rejected> {
                match rest {}
            }
        }
    )+};
}

at_once!(CircuitBreaker: (), LoadShedder: (), KeyedRateLimiter);
all_alike!(RateLimiter: 1);
all_alike!(Bulkhead: ());

impl Admit for RateLimiter {
    type Rest = u64;

    fn enter_now(&self, permits: u64) -> Result<Self::Ticket, Outside<u64>> {
        Ok(self.enter_now(permits).ok_or(Outside::Waits(permits))??)
    }

    fn enter_later(&self, permits: u64) -> impl Future<Output = Result<Self::Ticket, Rejected>> + Send {
        self.enter_async(permits)
    }
}

impl Admit for Bulkhead {
    type Rest = ();

    fn enter_now(&self, (): ()) -> Result<u64, Outside<()>> {
        Ok(self.enter_now().ok_or(Outside::Waits(()))??)
    }

    fn enter_later(&self, (): ()) -> impl Future<Output = Result<u64, Rejected>> + Send {
        self.enter_async(())
    }
}

impl<G: Admit, F: Clone + Send + Sync + 'static> Admit for ByRequest<G, F> {
    type Rest = G::Rest;

    fn enter_now(&self, input: G::Input) -> Result<G::Ticket, Outside<G::Rest>> {
        self.guard.enter_now(input)
    }

    fn enter_later(&self, rest: G::Rest) -> impl Future<Output = Result<G::Ticket, Rejected>> + Send {
        self.guard.enter_later(rest)
    }
}

/// Which of two guards a request waits for.
#[derive(Debug)]
pub enum RestOf<A: Admit, B: Admit> {
    Outer(A::Rest, B::Input),
    Inner(A::Ticket, B::Rest),
}

impl<A: Admit, B: Admit> Admit for (A, B) {
    type Rest = RestOf<A, B>;

    fn enter_now(&self, (outer, inner): Self::Input) -> Result<Self::Ticket, Outside<Self::Rest>> {
        let outer = match self.0.enter_now(outer) {
            Ok(ticket) => ticket,
            Err(Outside::Refused(rejected)) => return Err(Outside::Refused(rejected)),
            Err(Outside::Waits(rest)) => return Err(Outside::Waits(RestOf::Outer(rest, inner))),
        };
        match self.1.enter_now(inner) {
            Ok(inner) => Ok((outer, inner)),
            Err(Outside::Refused(rejected)) => {
                self.0.undo(outer);
                Err(Outside::Refused(rejected))
            }
            Err(Outside::Waits(rest)) => Err(Outside::Waits(RestOf::Inner(outer, rest))),
        }
    }

    async fn enter_later(&self, rest: Self::Rest) -> Result<Self::Ticket, Rejected> {
        let entered = |ticket| Entered { stage: &self.0, ticket };
        let (outer, inner) = match rest {
            RestOf::Inner(outer, rest) => (entered(outer), Err(Outside::Waits(rest))),
            RestOf::Outer(rest, input) => (entered(self.0.enter_later(rest).await?), self.1.enter_now(input)),
        };
        let inner = match inner {
            Ok(ticket) => ticket,
            Err(Outside::Refused(rejected)) => return Err(rejected),
            Err(Outside::Waits(rest)) => self.1.enter_later(rest).await?,
        };
        Ok((outer.keep(), inner))
    }
}
