//! The others, each as its documentation says to use it.

use std::alloc::System;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use benches::rounds::Row;
use tracking_allocator::{AllocationGroupId, AllocationGroupToken, AllocationRegistry, AllocationTracker, Allocator};

use crate::{pair, row};

static GROUPS: Allocator<System> = Allocator::system();
static DHAT: dhat::Alloc = dhat::Alloc;

/// Counts allocations and bytes, as ours does, of all threads together: it is told of no thread.
struct Counter {
    count: AtomicU64,
    bytes: AtomicU64,
}

impl AllocationTracker for Counter {
    fn allocated(&self, _: usize, size: usize, _: usize, _: AllocationGroupId) {
        self.count.fetch_add(1, Relaxed);
        self.bytes.fetch_add(size as u64, Relaxed);
    }

    fn deallocated(&self, _: usize, _: usize, _: usize, _: AllocationGroupId, _: AllocationGroupId) {}
}

fn install_counter() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let counter = Counter { count: AtomicU64::new(0), bytes: AtomicU64::new(0) };
        AllocationRegistry::set_global_tracker(counter).expect("nobody else installs one");
    });
    AllocationRegistry::enable_tracking();
}

/// A group entered for one call, as its documentation does it for a part of a program.
fn entered(calls: u64) {
    let mut token = AllocationGroupToken::register().expect("there are as many groups as numbers");
    for _ in 0..calls {
        let _group = token.enter();
        std::hint::black_box(pair(&GROUPS));
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let off = |row: Row| Row { before: AllocationRegistry::disable_tracking, ..row };
    let on = |row: Row| Row { before: install_counter, ..row };
    let rows = vec![
        off(row!("tracking-allocator, alloc + free, off", _x => pair(&GROUPS))),
        on(row!("tracking-allocator, alloc + free, on", _x => pair(&GROUPS))),
        on(Row::new("tracking-allocator, a group with alloc + free", entered)),
        row!("dhat, alloc + free, not profiling", _x => pair(&DHAT)),
    ];
    #[cfg(feature = "hotpath-alloc")]
    let rows = [rows, hotpath_rows::rows()].concat();
    rows
}

pub(crate) fn profiled() -> Vec<Row> {
    vec![row!("dhat, alloc + free, profiling", _x => pair(&DHAT))]
}

/// Hotpath listens while its guard lives.
pub(crate) fn hotpath() -> hotpath::HotpathGuard {
    hotpath::HotpathGuardBuilder::new("allocations").format(hotpath::Format::None).build()
}

#[cfg(feature = "hotpath-alloc")]
mod hotpath_rows {
    use std::alloc::System;

    use benches::rounds::Row;

    use crate::{pair, row};

    static COUNTING: hotpath::CountingAllocator<System> = hotpath::CountingAllocator::with(System);

    #[hotpath::measure]
    #[inline(never)]
    fn call(x: u64) -> u64 {
        x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 7
    }

    #[hotpath::measure]
    #[inline(never)]
    fn allocating(_: u64) -> usize {
        pair(&COUNTING)
    }

    pub(super) fn rows() -> Vec<Row> {
        vec![
            row!("hotpath, alloc + free", _x => pair(&COUNTING)),
            row!("hotpath, a call", x => call(x)).recorded(|| ()),
            row!("hotpath, a call with alloc + free", x => allocating(x)).recorded(|| ()),
        ]
    }
}
