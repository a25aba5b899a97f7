use std::sync::{self, LockResult, WaitTimeoutResult};
use std::time::Duration;

use crate::MutexGuard;
use crate::guarded;
use crate::lock::How;

/// [`std::sync::Condvar`] for [`Mutex`](crate::Mutex).
///
/// Who waits for it does not hold the lock meanwhile, and takes it once more afterwards. Waiting for it is not waiting for
/// the lock.
#[derive(Debug, Default)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    /// See [`std::sync::Condvar::new`].
    #[must_use]
    pub const fn new() -> Self {
        Self(sync::Condvar::new())
    }

    /// See [`std::sync::Condvar::notify_one`].
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// See [`std::sync::Condvar::notify_all`].
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    /// See [`std::sync::Condvar::wait`].
    ///
    /// # Errors
    ///
    /// The lock is poisoned.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (inner, lock) = guard.0.leave();
        guarded(self.0.wait(inner), |inner| MutexGuard(lock.enter(How::Exclusive, inner)))
    }

    /// See [`std::sync::Condvar::wait_while`].
    ///
    /// # Errors
    ///
    /// The lock is poisoned.
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// See [`std::sync::Condvar::wait_timeout`].
    ///
    /// # Errors
    ///
    /// The lock is poisoned.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (inner, lock) = guard.0.leave();
        let enter = |(inner, result)| (MutexGuard(lock.enter(How::Exclusive, inner)), result);
        guarded(self.0.wait_timeout(inner, timeout), enter)
    }

    /// See [`std::sync::Condvar::wait_timeout_while`].
    ///
    /// # Errors
    ///
    /// The lock is poisoned.
    pub fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (inner, lock) = guard.0.leave();
        let enter = |(inner, result)| (MutexGuard(lock.enter(How::Exclusive, inner)), result);
        guarded(self.0.wait_timeout_while(inner, timeout, condition), enter)
    }
}
