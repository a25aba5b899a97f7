//! The hot path: lane, sampling, clock, queue, the guard of a sync call and the wrapper of a future.
//!
//! What one call does, in order:
//!
//! 1. [`Lane::tick`]: a load, a subtraction and a store in a thread-local. Not zero yet: run the body.
//! 2. At zero, [`slow::begin`]: takes in the calls just counted, draws the next interval, opens a
//!    frame and reads the clock.
//! 3. The body.
//! 4. One branch, `token != 0 || is_err`. Not taken: done.
//! 5. Taken, [`slow::finish`]: reads the clock, closes the frame, counts the error, pushes a sample.
#![allow(unsafe_code, reason = "other threads read thread-local memory here; each use says why it is sound")]

pub(crate) mod attend;
pub(crate) mod attention;
mod capture;
pub(crate) mod census;
pub(crate) mod clock;
mod context;
mod count;
pub(crate) mod cpu;
mod draw;
mod flight;
mod guard;
pub(crate) mod home;
mod lane;
// One thread-local a function is good where thread-locals are native: targets that are known for it,
// whatever the version of the compiler. Everywhere else, and with `--cfg perf_os_tls`, all functions
// share one.
#[cfg_attr(
    all(
        not(perf_os_tls),
        any(
            all(target_os = "linux", not(any(target_env = "ohos", target_abi = "x32"))),
            all(windows, target_env = "msvc", not(target_vendor = "win7")),
            all(windows, target_abi = "llvm"),
            target_vendor = "apple",
            target_os = "freebsd",
            target_os = "netbsd",
            all(target_family = "wasm", not(target_feature = "atomics")),
        )
    ),
    path = "local_native.rs"
)]
mod local;
mod manual;
mod measured;
mod outcome;
mod per_thread;
pub(crate) mod platform;
mod primitive;
mod queue;
mod ring;
pub(crate) mod sample;
mod slow;
mod slow_future;
mod slow_table;
mod span;
pub(crate) mod step;
pub(crate) mod strand;
pub(crate) mod tail;
pub(crate) mod tally;
mod telling;
mod text;
pub(crate) mod trace;
mod turns;
mod values;
pub(crate) mod wake;

pub use capture::{Borrowed, Capture, Captured, Fields};
pub use clock::nanos;
pub use context::{Context, InCurrent, in_current};
pub use draw::next_interval;
pub(crate) use draw::{LONGEST, OFF};
pub use flight::{Flight, Flying, Grounded};
pub use guard::{Call, Tracked, invoke, never};
pub use lane::{Here, Lane};
pub(crate) use local::IS_NATIVE;
pub use local::{Key, thread_local};
pub use manual::Manual;
pub use measured::{Measured, probe};
pub use outcome::{Ended, Infallible, NoResult, Output, Settle};
pub use per_thread::PerThread;
pub use platform::{ResourceUse, forks, forks_again, process_cpu_nanos, resource_use};
pub use slow::Ending;
pub(crate) use slow_table::{Record, Table};
pub use span::set_trace_id;
pub use strand::make;
pub(crate) use tail::Tail;
pub use values::{Gathered, Values};
