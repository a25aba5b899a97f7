//! The live page: what the program does at this moment, in a browser.
//!
//! The page is three files, built from `perf-export/page/` and part of the program, so that it needs neither a network nor
//! a disk; [`asset`] finds them by path, and [`CSP`] is what they need, which is next to nothing. What they show comes as
//! JSON by three more paths. An endpoint answers all of them with these:
//!
//! | path | answer |
//! | --- | --- |
//! | `/`, `/page/…` | [`asset`] |
//! | `/page/events` | server-sent events: [`Frames::full`] for whoever connects, then [`Frames::next`] once a second |
//! | `/page/function?name=…&module=…&location=…` | [`function`]; a name is enough where one function has it |
//! | `/page/tree` | [`tree`] |
//!
//! `perf_export::serve` does so where both features are on. What is below `/page/` may well be below something else: the page
//! asks for it relative to its own address, which has to end with a `/` then.
//!
//! All of it is computed from [`Snapshot`](perf_core::Snapshot)s, and nothing else: no thread, no socket, no clock. When a
//! guard refused no snapshot tells, so that is known only of the time in which frames were made, a minute at most.
//!
//! Durations in all of that JSON are microseconds, to four digits; uptimes are seconds.
//!
//! ```
//! let page = perf_export::page::asset("/").unwrap();
//! assert_eq!(page.content_type, "text/html; charset=utf-8");
//!
//! let mut frames = perf_export::page::Frames::new();
//! println!("data: {}\n", frames.full(&perf_runtime::snapshot()));
//! println!("data: {}\n", frames.next(&perf_runtime::snapshot()));
//! ```

mod asset;
mod detail;
mod frames;
mod number;
mod row;
mod sections;
mod slow;
mod tree;
mod watched;
mod which;

pub use asset::{Asset, CSP, asset};
pub use detail::function;
pub use frames::{FUNCTIONS, Frames};
pub use tree::{NODES, tree};
pub use which::{Missing, Which};
