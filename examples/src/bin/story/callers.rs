//! Two callers of the same backend: one that only tries hard, and one that is guarded.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use perf_runtime::{Rejected, bulkhead, circuit_breaker, profiled, retry};

use crate::backend;

/// How long one attempt waits for its answer.
const PATIENCE: Duration = Duration::from_millis(50);

/// The guarded caller's circuit stays open for so long at most, but for a tenth.
pub(crate) const MAX_OPEN: Duration = Duration::from_millis(200);

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum AskError {
    Backend(#[expect(dead_code, reason = "a caller would be shown it")] io::Error),
    Refused(#[expect(dead_code, reason = "a caller would be shown it")] Rejected),
}

impl From<io::Error> for AskError {
    fn from(error: io::Error) -> Self {
        Self::Backend(error)
    }
}

impl From<Rejected> for AskError {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

pub(crate) type Caller = fn(SocketAddr, u64) -> Result<u64, AskError>;

/// Three attempts, one after the other.
#[profiled]
pub(crate) fn bare(address: SocketAddr, number: u64) -> Result<u64, AskError> {
    let attempt = || backend::ask(address, number, PATIENCE);
    Ok(attempt().or_else(|_| attempt()).or_else(|_| attempt())?)
}

/// As many attempts, while that is worth something.
#[profiled]
#[circuit_breaker(failure_rate = "50%", min_calls = 20, window = "1s", open_for = "100ms", max_open = MAX_OPEN)]
#[bulkhead(8)]
#[retry(attempts = 3, backoff = "5ms")]
pub(crate) fn guarded(address: SocketAddr, number: u64) -> Result<u64, AskError> {
    Ok(backend::ask(address, number, PATIENCE)?)
}
