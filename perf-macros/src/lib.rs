//! The attributes of `perf-runtime`, which re-exports them; depend on that crate instead.
//!
//! An attribute's way through this crate: `options` and `item` parse, `check` says everything
//! that is wrong, `expand` writes the new tokens and cannot fail.
//!
//! Only the heads of items are looked at, and of these only what decides the expansion. All else is
//! carried as tokens (`tokens`), types among it (`types`), so that no grammar of Rust has to be built
//! before the first function that is measured, nor kept up with the language.

mod attribute;
mod check;
mod expand;
mod item;
mod options;
mod output;
mod signature;
mod stack;
mod tokens;
mod types;

use proc_macro::TokenStream;

/// Counts every call of a function and measures how long the sampled ones take.
///
/// It goes on functions and methods of all kinds, and on whole `impl` blocks, traits and inline
/// modules, for all functions in them that have a body and are not `const`.
///
/// | option | values | |
/// | --- | --- | --- |
/// | `workload` | `"micro"` (< 1 ms), `"light"` (< 10 ms), `"medium"` (< 100 ms), `"heavy"` | how long a call is expected to take |
/// | `name` | `"checkout"` | instead of the full path |
/// | `sample` | `"adaptive"`, `"always"`, `0.1`, `"10%"` | which calls are timed |
/// | `skip` | | leaves the function as it is |
/// | `crate` | `my_facade::perf_runtime` | where the runtime is, if not at `::perf_runtime` |
///
/// A call that is not timed costs a few instructions on a thread-local. A call that gives back an `Err` counts
/// as an error, under whatever alias; a call of a function that gives back a future is what happens from
/// the future's first poll to its end.
///
/// # Where it shows
///
/// A function behaves as if the attribute were not there, with these exceptions:
///
/// - A body with a `return`, a `?` or a macro in it runs inside a closure, of which the type names of its
///   own closures tell (`f::{{closure}}::{{closure}}`). It does not where it declares items or names
///   `type_name_of_val`, and where the function is `#[track_caller]`.
/// - A method that is `#[track_caller]` by its trait's declaration alone (other than `Index`'s) has to repeat
///   that to name its caller.
/// - Where there is no closure, and the function gives back a `Result`, a `return` that a macro hides counts as an
///   error, whatever it returns: it looks like a `?`.
/// - Where an `async fn` gives back a closure, that has to name the types of its arguments.
/// - An `async fn` under `#[must_use]`, or with an attribute after this one that may look for the keyword,
///   has its arguments twice in its future.
/// - Without optimisation, large arguments and values lie on the stack a few times more.
#[proc_macro_attribute]
pub fn profiled(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::profiled(args.into(), item.into()).into()
}

macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident: $kind:ident;)*) => {
        $($(#[$doc])*
        #[proc_macro_attribute]
        pub fn $name(args: TokenStream, item: TokenStream) -> TokenStream {
            expand::guard(options::Kind::$kind, args.into(), item.into()).into()
        })*
    };
}

guards! {
    /// Refuses calls while what the function depends on is not well.
    circuit_breaker: CircuitBreaker;
    /// Admits so many calls in so much time.
    rate_limited: RateLimited;
    /// Admits so many calls at a time.
    bulkhead: Bulkhead;
    /// Refuses calls where the system has more load than it can carry.
    load_shed: LoadShed;
    /// Stops a future that takes too long.
    timeout: Timeout;
    /// Makes another attempt where one has failed.
    retry: Retry;
    /// Answers from memory what has been asked before.
    cached: Cached;
}
