//! What the attributes put together: guards that a call passes one after the other, and the one permit
//! that a call has of them.

use std::fmt;
use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::thread;

use crate::rejected::Rejected;
use crate::verdict::Verdict;

/// A guard as one of several that a call passes.
pub trait Stage {
    /// What it asks of a call.
    type Input;
    /// What a call has taken: enough to give it back.
    type Ticket: Copy;

    /// Lets a call in, if it may run; waits where that is how it is set.
    ///
    /// # Errors
    ///
    /// The call may not run. Nothing is taken then.
    fn enter(&self, input: Self::Input) -> Result<Self::Ticket, Rejected>;

    /// The same for a task. Dropped half-way, nothing is taken.
    fn enter_async(&self, input: Self::Input) -> impl Future<Output = Result<Self::Ticket, Rejected>> {
        std::future::ready(self.enter(input))
    }

    /// Lets a call in, where that can be told in a few instructions and without calling anything; none where it
    /// cannot, and nothing is taken then.
    #[inline(always)]
    fn enter_fast(&self, _input: &Self::Input) -> Option<Self::Ticket> {
        None
    }

    /// A call that was let in like that was refused further in.
    #[inline(always)]
    fn undo_fast(&self, ticket: Self::Ticket) {
        self.undo(ticket);
    }

    /// Whether a call that was let in like that, and has ended well, can [leave](Self::leave_fast) like that.
    #[inline(always)]
    fn leaves_fast(&self, _ticket: Self::Ticket) -> bool {
        true
    }

    /// Such a call is over, and has ended well.
    #[inline(always)]
    fn leave_fast(&self, _ticket: Self::Ticket) {}

    /// The call is over.
    fn leave(&self, ticket: Self::Ticket, verdict: Verdict);

    /// The call was let in here, and refused further in: it never ran.
    fn undo(&self, ticket: Self::Ticket);
}

impl Stage for () {
    type Input = ();
    type Ticket = ();

    #[inline(always)]
    fn enter(&self, (): ()) -> Result<(), Rejected> {
        Ok(())
    }

    #[inline(always)]
    fn enter_fast(&self, (): &()) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn leave(&self, (): (), _: Verdict) {}

    #[inline(always)]
    fn undo(&self, (): ()) {}
}

/// One guard, and those further in.
impl<A: Stage, B: Stage> Stage for (A, B) {
    type Input = (A::Input, B::Input);
    type Ticket = (A::Ticket, B::Ticket);

    #[inline(always)]
    fn enter(&self, (outer, inner): Self::Input) -> Result<Self::Ticket, Rejected> {
        let outer = self.0.enter(outer)?;
        match self.1.enter(inner) {
            Ok(inner) => Ok((outer, inner)),
            Err(rejected) => {
                self.0.undo(outer);
                Err(rejected)
            }
        }
    }

    #[inline(always)]
    fn enter_fast(&self, (outer, inner): &Self::Input) -> Option<Self::Ticket> {
        let outer = self.0.enter_fast(outer)?;
        let Some(inner) = self.1.enter_fast(inner) else {
            self.0.undo_fast(outer);
            return None;
        };
        Some((outer, inner))
    }

    #[inline(always)]
    fn undo_fast(&self, (outer, inner): Self::Ticket) {
        self.1.undo_fast(inner);
        self.0.undo_fast(outer);
    }

    #[inline(always)]
    fn leaves_fast(&self, (outer, inner): Self::Ticket) -> bool {
        self.0.leaves_fast(outer) & self.1.leaves_fast(inner)
    }

    #[inline(always)]
    fn leave_fast(&self, (outer, inner): Self::Ticket) {
        self.1.leave_fast(inner);
        self.0.leave_fast(outer);
    }

    async fn enter_async(&self, (outer, inner): Self::Input) -> Result<Self::Ticket, Rejected> {
        let outer = Entered { stage: &self.0, ticket: self.0.enter_async(outer).await? };
        let inner = self.1.enter_async(inner).await?;
        Ok((outer.keep(), inner))
    }

    #[inline(always)]
    fn leave(&self, (outer, inner): Self::Ticket, verdict: Verdict) {
        self.1.leave(inner, verdict);
        self.0.leave(outer, verdict);
    }

    #[inline(always)]
    fn undo(&self, (outer, inner): Self::Ticket) {
        self.1.undo(inner);
        self.0.undo(outer);
    }
}

/// A call that is let in further out, and waits or is refused further in.
pub(crate) struct Entered<'a, S: Stage> {
    pub(crate) stage: &'a S,
    pub(crate) ticket: S::Ticket,
}

impl<S: Stage> Entered<'_, S> {
    /// It is let in further in, too.
    pub(crate) fn keep(self) -> S::Ticket {
        let ticket = self.ticket;
        mem::forget(self);
        ticket
    }
}

impl<S: Stage> Drop for Entered<'_, S> {
    fn drop(&mut self) {
        self.stage.undo(self.ticket);
    }
}

/// What one call has taken of its guards. Dropped, all is given back, whatever the way out was: a panic
/// is a failure, anything else is a call that was cancelled.
#[must_use = "dropped at once, the call counts as cancelled"]
pub struct Permit<'a, S: Stage> {
    stage: &'a S,
    ticket: S::Ticket,
}

impl<'a, S: Stage> Permit<'a, S> {
    /// Passes the guards.
    ///
    /// # Errors
    ///
    /// One of them refused; nothing is taken then.
    #[inline(always)]
    pub fn enter(stage: &'a S, input: S::Input) -> Result<Self, Rejected> {
        let ticket = stage.enter(input)?;
        Ok(Self { stage, ticket })
    }

    /// The same for a task.
    ///
    /// # Errors
    ///
    /// As above.
    pub async fn enter_async(stage: &'a S, input: S::Input) -> Result<Self, Rejected> {
        let ticket = stage.enter_async(input).await?;
        Ok(Self { stage, ticket })
    }

    /// What a call has that was let in fast.
    #[inline(always)]
    pub(crate) fn of(stage: &'a S, ticket: S::Ticket) -> Self {
        Self { stage, ticket }
    }

    /// Whether a call that has ended well can leave fast.
    #[inline(always)]
    pub(crate) fn leaves_fast(&self) -> bool {
        self.stage.leaves_fast(self.ticket)
    }

    /// It does.
    #[inline(always)]
    pub(crate) fn leave_fast(self) {
        let Self { stage, ticket } = *ManuallyDrop::new(self);
        stage.leave_fast(ticket);
    }

    /// The call is over.
    #[inline(always)]
    pub fn settle(self, verdict: Verdict) {
        // Forgotten first, so that it need not lie in memory for the case that leaving panics.
        let Self { stage, ticket } = *ManuallyDrop::new(self);
        stage.leave(ticket, verdict);
    }
}

impl<S: Stage> Drop for Permit<'_, S> {
    #[inline]
    fn drop(&mut self) {
        let verdict = if thread::panicking() { Verdict::Failure } else { Verdict::Ignored };
        self.stage.leave(self.ticket, verdict);
    }
}

impl<S: Stage> fmt::Debug for Permit<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::name::Name;
    use crate::rejected::Reason;

    /// Notes what happens to it.
    #[derive(Default)]
    struct Noting {
        inside: Cell<i32>,
        refuses: Cell<bool>,
        waits: Cell<bool>,
        verdicts: RefCell<Vec<Verdict>>,
    }

    impl Stage for Noting {
        type Input = i32;
        type Ticket = i32;

        fn enter(&self, input: i32) -> Result<i32, Rejected> {
            if self.refuses.get() {
                return Err(Rejected::new(Name::NONE, Reason::BulkheadFull));
            }
            self.inside.set(self.inside.get() + input);
            Ok(input)
        }

        async fn enter_async(&self, input: i32) -> Result<i32, Rejected> {
            std::future::poll_fn(|_| if self.waits.get() { Poll::Pending } else { Poll::Ready(()) }).await;
            self.enter(input)
        }

        fn leave(&self, ticket: i32, verdict: Verdict) {
            self.undo(ticket);
            self.verdicts.borrow_mut().push(verdict);
        }

        fn undo(&self, ticket: i32) {
            self.inside.set(self.inside.get() - ticket);
        }
    }

    type Two = (Noting, (Noting, ()));

    fn inside(two: &Two) -> (i32, i32) {
        (two.0.inside.get(), two.1.0.inside.get())
    }

    #[test]
    fn a_call_that_is_refused_further_in_has_taken_nothing_further_out() {
        let two = Two::default();
        two.1.0.refuses.set(true);
        assert!(Permit::enter(&two, (1, (2, ()))).is_err());
        assert_eq!(inside(&two), (0, 0));
        assert!(two.0.verdicts.borrow().is_empty(), "it never ran");
    }

    #[test]
    fn a_permit_tells_all_guards_how_the_call_ended_once() {
        let two = Two::default();
        let permit = Permit::enter(&two, (1, (2, ()))).unwrap();
        assert_eq!(inside(&two), (1, 2));
        permit.settle(Verdict::Success);
        assert_eq!(inside(&two), (0, 0));
        drop(Permit::enter(&two, (1, (2, ()))).unwrap());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _permit = Permit::enter(&two, (1, (2, ()))).unwrap();
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(inside(&two), (0, 0));
        let expected = [Verdict::Success, Verdict::Ignored, Verdict::Failure];
        assert_eq!((&two.0.verdicts.borrow()[..], &two.1.0.verdicts.borrow()[..]), (&expected[..], &expected[..]));
    }

    #[test]
    fn a_task_that_is_dropped_while_it_waits_further_in_gives_back_what_it_took_further_out() {
        let two = Two::default();
        two.1.0.waits.set(true);
        let mut context = Context::from_waker(Waker::noop());
        {
            let mut entering = pin!(Permit::enter_async(&two, (1, (2, ()))));
            assert_eq!(inside(&two), (0, 0), "nothing is taken before the first poll");
            assert!(entering.as_mut().poll(&mut context).is_pending());
            assert_eq!(inside(&two), (1, 0));
        }
        assert_eq!(inside(&two), (0, 0));
    }
}
