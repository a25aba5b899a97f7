//! A service behind guards, and what it answers with.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

use super::admission::Admission;
use super::admit::Admit;
use super::{GuardLayer, Judge, Refusal, RequestGuard};

/// A service whose requests pass guards first; made by [`GuardLayer`]. Clones share the guards.
pub struct Guarded<S, G, R, J> {
    inner: S,
    layer: Arc<GuardLayer<G, R, J>>,
}

impl<S, G, R, J> Guarded<S, G, R, J> {
    pub(super) fn new(inner: S, layer: GuardLayer<G, R, J>) -> Self {
        Self { inner, layer: Arc::new(layer) }
    }

    /// The service behind the guards.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service without the guards.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: Clone, G, R, J> Clone for Guarded<S, G, R, J> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: Arc::clone(&self.layer) }
    }
}

impl<S: fmt::Debug, G: fmt::Debug, R, J> fmt::Debug for Guarded<S, G, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("inner", &self.inner).field("guard", &self.layer.guard).finish()
    }
}

impl<S, Request, G, R, J> Service<Request> for Guarded<S, G, R, J>
where
    S: Service<Request> + Clone,
    G: RequestGuard<Request>,
    R: Refusal<S::Response, S::Error>,
    J: Judge<S::Response, S::Error>,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S, Request, G, R, J>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        self.inner.poll_ready(context).map_err(|error| self.layer.refusal.error(error))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let another = self.inner.clone();
        // It is this one that said it was ready; the other may not be.
        let ready = mem::replace(&mut self.inner, another);
        ResponseFuture {
            response: None,
            awaits: Some((ready, request)),
            admission: Admission::new(Arc::clone(&self.layer)),
        }
    }
}

pin_project! {
    /// What a [`Guarded`] service answers with. Passes the guards when it is first polled, and calls the service after
    /// that.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S: Service<Request>, Request, G: Admit, R, J> {
        // Dropped first: what it does in its destructors is part of the call.
        #[pin]
        response: Option<S::Future>,
        // What is not called yet.
        awaits: Option<(S, Request)>,
        admission: Admission<G, R, J>,
    }
}

impl<S, Request, G, R, J> Future for ResponseFuture<S, Request, G, R, J>
where
    S: Service<Request>,
    G: RequestGuard<Request>,
    R: Refusal<S::Response, S::Error>,
    J: Judge<S::Response, S::Error>,
{
    type Output = Result<S::Response, R::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some((_, request)) = this.awaits
            && let Err(rejected) = ready!(this.admission.poll_enter(context, |guard| guard.input(request)))
        {
            *this.awaits = None;
            return Poll::Ready(this.admission.layer.refusal.refused(rejected));
        }
        let (layer, work) = this.admission.work();
        if let Some((mut service, request)) = this.awaits.take() {
            this.response.set(Some(service.call(request)));
        }
        // None where it was ready before.
        let Some(response) = this.response.as_mut().as_pin_mut() else { return Poll::Pending };
        let Poll::Ready(answer) = response.poll(context) else {
            work.pause();
            return Poll::Pending;
        };
        let verdict = layer.judge.verdict(&answer);
        this.response.set(None);
        work.settle(verdict);
        Poll::Ready(answer.map_err(|error| layer.refusal.error(error)))
    }
}

impl<S: Service<Request>, Request, G: Admit, R, J> fmt::Debug for ResponseFuture<S, Request, G, R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
