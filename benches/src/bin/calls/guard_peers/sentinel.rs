//! Sentinel, a limiter among much else. Its clock is a thread that wakes every millisecond from the
//! first entry on, whose CPU time would be that of all who come after it: it has a process of its own.

use std::sync::LazyLock;

use benches::rounds::Row;
use sentinel_core::{EntryBuilder, flow};

use super::{REFUSED, admitted, refused};
use crate::ours::{body, fallible};

/// The names of two resources that have a rule each.
struct Sentinel {
    admits: &'static str,
    refuses: &'static str,
}

static SENTINEL: LazyLock<Sentinel> = LazyLock::new(|| {
    // Of what its initialization starts this is all that entries ask. Without it they read the clock.
    sentinel_core::utils::start_time_ticker();
    let names = Sentinel { admits: "admits", refuses: "refuses" };
    let rule = |resource: &str, threshold| flow::Rule { resource: resource.into(), threshold, ..Default::default() };
    flow::load_rules(vec![rule(names.admits, 1e9).into(), rule(names.refuses, 0.0).into()]);
    names
});

#[inline(never)]
fn entered(resource: &str, x: u64) -> Result<u64, u64> {
    let Ok(entry) = EntryBuilder::new(resource.to_owned()).build() else { return REFUSED };
    let outcome = fallible!(x);
    entry.exit();
    outcome
}

pub(crate) fn rows() -> Vec<Row> {
    [
        admitted!("limiter, sentinel-core", resource = SENTINEL.admits, x => entered(resource, x)),
        refused!("limiter, sentinel-core, refused", resource = SENTINEL.refuses, x => entered(resource, x)),
    ]
    .concat()
}
