//! So many calls at a time, as many as our bulkhead lets in.

use std::sync::LazyLock;

use benches::rounds::Row;
use tokio::sync::Semaphore;
use tower::Layer;
use tower_resilience_bulkhead::{Bulkhead, BulkheadLayer};

use super::{Body, REFUSED, Served, admitted, refused, service};
use crate::ours::{body, fallible};

const CALLS: usize = 64;

static SEMAPHORE: Semaphore = Semaphore::const_new(CALLS);
static SEMAPHORE_FULL: Semaphore = Semaphore::const_new(0);

#[inline(never)]
fn permitted(semaphore: &Semaphore, x: u64) -> Result<u64, u64> {
    let Ok(_permit) = semaphore.try_acquire() else { return REFUSED };
    fallible!(x)
}

/// Full, it would refuse by a timer of tokio's runtime, which nobody runs here.
static TOWER: LazyLock<Bulkhead<Body>> =
    LazyLock::new(|| BulkheadLayer::builder().max_concurrent_calls(CALLS).build().expect("in order").layer(service()));

pub(super) fn rows() -> Vec<Row> {
    [
        admitted!("bulkhead, tokio's Semaphore", semaphore = &SEMAPHORE, x => permitted(semaphore, x)),
        refused!("bulkhead, tokio's Semaphore, full", semaphore = &SEMAPHORE_FULL, x => permitted(semaphore, x)),
        admitted!("bulkhead, tower-resilience", mut bulkhead = Served::here(&*TOWER), x => bulkhead.call(x)),
    ]
    .concat()
}
