//! What counting allocations costs, an allocation and a call, ours and others', in one process and interleaved.
//!
//! `cargo run --release -p benches --features hotpath-alloc --bin allocations -- [--rounds N] [--filter TEXT] [--json FILE]`
//!
//! A program has one global allocator, so none is installed here: each row calls its own, which is a value as any other,
//! for 64 bytes and gives them back. Without the feature hotpath is left out, because with it hotpath counts
//! allocations of all that it measures, also in the other benches.

mod ours;
mod peers;

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;

use benches::rounds::{Cost, Row};
use benches::{args, report};
use perf_runtime::Perf;

/// What the promise is: nanoseconds over the bare allocator, of an allocation that nobody wants to know of.
const PROMISED: f64 = 3.0;

/// An allocation and its release.
#[inline(always)]
pub(crate) fn pair(allocator: &impl GlobalAlloc) -> usize {
    let layout = black_box(Layout::new::<[u8; 64]>());
    #[allow(unsafe_code)]
    // SAFETY: the layout is not empty, and is the one that it was allocated with.
    unsafe {
        let pointer = black_box(allocator.alloc(layout));
        allocator.dealloc(pointer, layout);
        pointer.addr()
    }
}

/// A row's loop around one call.
macro_rules! row {
    ($name:expr, $x:ident => $call:expr) => {
        benches::rounds::Row::new($name, |calls| {
            for $x in 0..calls {
                _ = std::hint::black_box($call);
            }
        })
    };
}
pub(crate) use row;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _perf = Perf::builder().config(ours::configure()).start()?;
    let mut costs = {
        let _hotpath = peers::hotpath();
        phase("nobody else listens", [ours::rows(), peers::rows()].concat())
    };
    print_promise(&costs);
    {
        let _profiler = dhat::Profiler::builder().testing().build();
        costs.extend(phase("dhat profiles", peers::profiled()));
    }
    if let Some(file) = args::text("--json") {
        std::fs::write(file, report::json(&costs))?;
    }
    Ok(())
}

fn phase(title: &str, rows: Vec<Row>) -> Vec<Cost> {
    let filter = args::text("--filter").unwrap_or_default();
    let mut all = ours::yardsticks();
    all.extend(rows.into_iter().filter(|row| row.name.contains(&filter)));
    let costs = benches::rounds::run(&all, args::value("--rounds", 15));
    println!("{title}\n{}", report::table(&costs));
    costs
}

/// Of an allocation with its release, over the allocator underneath.
fn print_promise(costs: &[Cost]) {
    let min = |name: &str| costs.iter().find(|cost| cost.row.name == name).map(|cost| cost.min);
    let Some((with, without)) = min(ours::UNUSED).zip(min(ours::SYSTEM)) else { return };
    let over = with - without;
    let verdict = if over <= PROMISED { "met" } else { "MISSED" };
    println!("installed and unused: {over:.2} ns over the system's allocator, <= {PROMISED:.2}  {verdict}\n");
}
