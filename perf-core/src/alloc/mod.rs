//! What calls allocate: [`Tracking`], an allocator that counts, and `#[profiled(alloc)]`, which says of whom.
//!
//! ```
//! use std::alloc::System;
//!
//! use perf_runtime::alloc::Tracking;
//! use perf_runtime::profiled;
//!
//! #[global_allocator]
//! static ALLOCATOR: Tracking<System> = Tracking::new(System);
//!
//! #[profiled(alloc)]
//! fn squares(n: u64) -> Vec<u64> {
//!     (0..n).map(|n| n * n).collect()
//! }
//!
//! squares(100);
//! let snapshot = perf_runtime::snapshot();
//! let allocations = snapshot.function("squares").unwrap().allocations().unwrap();
//! assert_eq!((allocations.count(), allocations.bytes()), (1, 800));
//! ```
//!
//! # What is counted
//!
//! Of every call of such a function, sampled or not, and exactly: the allocations that its thread made from
//! the call's beginning to its end, and the bytes that were asked for. *Inclusive* numbers have in them what the
//! functions did that it called; its *own* are without those that are `#[profiled(alloc)]` themselves. A future
//! counts in its polls, on whatever threads they are.
//!
//! - A reallocation counts as an allocation of the new size and a release of the old one, as with `dhat`, and as
//!   anything counts it that has only `alloc` and `dealloc`. Growing in place is not told apart.
//! - *Live* bytes are those allocated less those freed, and a call's peak is how far they rose above what they were
//!   when it began. What is freed on another thread than the one that allocated it counts where it is freed,
//!   and goes on counting as live for the call that allocated it.
//! - What other threads do for a call is not in it. Put the attribute on what runs there.
//! - An allocation that failed is none.
//! - What the runtime allocates for its own books, at the first calls, is nobody's. The box in which a boxed future is
//!   measured is its caller's.
//! - What a future's destructors allocate belongs to whoever drops it.
//!
//! # What it costs
//!
//! An allocation, while its thread is in no such call: a look at a thread-local. In one: four numbers there.
//!
//! A call: entering and leaving, some 130 instructions with all that is added up. No lock, no allocation, and no bound
//! on the depth, because what is put aside stays on the call's own stack, or in its future. It is around the call, so it is
//! in the time of the caller (of a function under guards, in its own). It is not held to the budget, and not in the
//! snapshot's [`Overhead`](crate::Overhead): it was asked for.
//!
//! Each function has 2 KiB, and more from the seventeenth thread on. A future is 64 bytes larger, and has one layer more:
//! within the default recursion limit sixteen `async fn`s of the kind nest, where twenty-four do without `alloc`.
//!
//! Where thread-locals are not native to the target and the standard library (before Rust 1.93) gets memory for them
//! from the global allocator, that cannot look at one. There nothing is counted, and snapshots say so.
#![allow(unsafe_code, reason = "an allocator is unsafe to be; each use says why it is sound")]

pub(crate) mod counters;
pub(crate) mod future;
#[cfg(all(test, not(loom)))]
mod model;
pub(crate) mod scope;
pub(crate) mod totals;
mod tracking;

pub(crate) use counters::{is_installed, uncounted};
pub use tracking::Tracking;
