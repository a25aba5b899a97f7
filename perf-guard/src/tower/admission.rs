//! What one request has of its guards.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::GuardLayer;
use super::admit::{Admit, Outside};
use crate::rejected::Rejected;
use crate::verdict::Verdict;

/// Asked for at the first poll; dropped, it is given back, and says nothing.
pub(super) struct Admission<G: Admit, R, J> {
    pub(super) layer: Arc<GuardLayer<G, R, J>>,
    state: State<G>,
}

enum State<G: Admit> {
    New,
    Waiting(Pin<Box<dyn Future<Output = Result<G::Ticket, Rejected>> + Send>>),
    In(G::Ticket),
    /// Given back, or never given.
    Over,
}

impl<G: Admit, R, J> Admission<G, R, J> {
    pub(super) fn new(layer: Arc<GuardLayer<G, R, J>>) -> Self {
        Self { layer, state: State::New }
    }

    /// Passes the guards; ready as often as it is asked once it has.
    pub(super) fn poll_enter(
        &mut self,
        context: &mut Context<'_>,
        input: impl FnOnce(&G) -> G::Input,
    ) -> Poll<Result<(), Rejected>> {
        if matches!(self.state, State::New) {
            let input = input(&self.layer.guard);
            self.state = match self.layer.guard.enter_now(input) {
                Ok(ticket) => State::In(ticket),
                Err(Outside::Waits(rest)) => wait(self.layer.guard.clone(), rest),
                Err(Outside::Refused(rejected)) => {
                    self.state = State::Over;
                    return Poll::Ready(Err(rejected));
                }
            };
        }
        if let State::Waiting(entering) = &mut self.state {
            let entered = ready!(entering.as_mut().poll(context));
            self.state = State::Over;
            self.state = State::In(entered?);
        }
        Poll::Ready(Ok(()))
    }

    /// Lets the service work, and counts it as a failure unless it is told otherwise: a panic ends a poll alone, and
    /// what was polled is dropped only later.
    pub(super) fn work(&mut self) -> (&GuardLayer<G, R, J>, Work<'_, G>) {
        (&self.layer, Work { guard: &self.layer.guard, state: &mut self.state })
    }
}

impl<G: Admit> State<G> {
    fn settle(&mut self, guard: &G, verdict: Verdict) {
        if let Self::In(ticket) = mem::replace(self, Self::Over) {
            guard.leave(ticket, verdict);
        }
    }
}

/// What has been taken on the way in is kept by nobody before the first poll, which comes at once.
#[cold]
fn wait<G: Admit>(guard: G, rest: G::Rest) -> State<G> {
    State::Waiting(Box::pin(async move { guard.enter_later(rest).await }))
}

impl<G: Admit, R, J> Drop for Admission<G, R, J> {
    fn drop(&mut self) {
        self.state.settle(&self.layer.guard, Verdict::Ignored);
    }
}

/// A service that works for a request which was admitted.
pub(super) struct Work<'a, G: Admit> {
    guard: &'a G,
    state: &'a mut State<G>,
}

impl<G: Admit> Work<'_, G> {
    /// It has not finished.
    pub(super) fn pause(self) {
        mem::forget(self);
    }

    /// It has.
    pub(super) fn settle(self, verdict: Verdict) {
        self.state.settle(self.guard, verdict);
        mem::forget(self);
    }
}

impl<G: Admit> Drop for Work<'_, G> {
    fn drop(&mut self) {
        self.state.settle(self.guard, Verdict::Failure);
    }
}
