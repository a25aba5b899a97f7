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
/// | `label` | `(kind = request.kind(), max = 100)` | calls by the value of an expression of the arguments, see below |
/// | `by_type` | alone, or `(T)` | calls of a generic function by its types and constants, or by `Self`, or by these |
/// | `in_flight` | | calls that have begun and not ended, and their peak: two atomic additions a call |
/// | `slo` | `(p95 = "200ms", errors = 0.01)` | how an objective is kept: any of `p50`, `p90`, `p95`, `p99`, `p999`, `errors` |
/// | `alloc` | | counts what calls allocate, all of them, where the program's allocator is `perf_runtime::alloc::Tracking` |
/// | `capture` | `capture(id, user.name, len = items.len(), %path)` | what the slowest calls tell of their arguments |
/// | `cpu` | | CPU time of sampled calls is read too, and of futures when they are woken, whatever the configuration says |
/// | `skip` | | leaves the function as it is |
/// | `crate` | `my_facade::perf_runtime` | where the runtime is, if not at `::perf_runtime` |
///
/// A call that is not timed costs a few instructions on a thread-local. A call that gives back an `Err` counts
/// as an error, under whatever alias; a call of a function that gives back a future is what happens from
/// the future's first poll to its end.
///
/// # Labels
///
/// A label's value is worked out when the function is called, before its time begins (of an `async fn` that has to stay
/// one, when it is first polled); names that the arguments' patterns bind may be references there. It is a text, or what
/// shows itself by `Display`, or else by `Debug`, and its first 128 bytes count. That is the user's own code, as an argument of the
/// call is: it is written to its end, which every call pays for, and a panic in it is the caller's. So many values as `max` says, 32
/// unless set and 1024 at most, have numbers of their own: those that came first. All others are `(other)`. Several labels
/// (`label(kind = …, tier = …)`) are as many independent breakdowns, each with so many values.
///
/// A labelled call costs, for each label, a look at a table and as much as a measured call costs; once the values are known
/// it allocates nothing and takes no lock. What is not found at once is looked up by a hash that nobody outside can
/// foresee (`SipHash`), so no values can be chosen that take long. A value takes as much memory as a function.
///
/// # What slow calls tell
///
/// Of each function the slowest calls are kept (`FunctionStats::slowest`; `SlowCall` has an example): when, how long, how they ended, on which
/// thread, in which function and in which span of `tracing`. With `capture(…)` they tell their arguments too, as
/// `tracing` has it: an argument, or a field of one, or `name = expression`; by `Debug`, or by `Display` after a `%`. They are written
/// down only for calls that turn out to be among the slowest, at their end, in at most 256 bytes, and what would write more is
/// stopped there. Unless `sample` says otherwise, all calls of the function are timed then, or the slowest might not be among those
/// that are; each takes one more look at the clock, which is in its time. Where that is too much, because there are millions of calls a second, write
/// `sample = "adaptive"`.
///
/// What is `Copy`, as numbers and references are, is copied when the call begins. All else is borrowed until the body ends,
/// so the body cannot move or change it: rustc says where it does. Write what is to be known of it instead, as in `capture(id = order.id)`, or
/// `capture(name = name.clone())`, which every call pays for.
///
/// A function that makes its future itself (`-> impl Future`, `-> Pin<Box<dyn Future>>`) cannot capture.
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

/// Answers from memory where the function was called with the same arguments before: a `Cache` of its own.
///
/// | option | values | unless set |
/// | --- | --- | --- |
/// | `capacity` | how many values are kept at most | `1000` |
/// | `ttl` | how long a value is fresh, from the end of the call that gave it: `"1min"` | for ever |
/// | `key` | what tells calls apart: an expression of the arguments, or a tuple of several, each `Hash + Eq + Clone + Send + Sync` or a reference to what is | all arguments; a method has to say |
/// | `stale_while_revalidate` | how long a value that is not fresh any more is given to all but the one caller that makes it anew: `"10s"` | not at all |
/// | `cache_errors` | keeps an `Err` as well | |
/// | `name`, `crate` | as of `#[circuit_breaker]`, which says what guards have in common; functions of one name share the numbers and the counts, and never values | |
///
/// What the function returns has to be `Clone + Send + Sync`, and without borrows but for `'static` ones; of a `Result`, what
/// is in an `Ok`: errors may be anything, unless they are kept too. A call that is answered
/// passes no guard, does not run the body, and is not measured. Of calls with the same key that find nothing one runs, and the
/// others wait for what it gives; `Cache` says what becomes of them where it fails. What a guard gives in the place of
/// the function, a refusal or what the fallback gives, is never kept.
///
/// A hit allocates nothing, but for what the value's `Clone` and the `key` do: of `&str`, `&[T]` and other references
/// only the look goes through them, and a copy is made where there is something to be kept.
///
/// A generic function has a cache for each of its instances, each of that capacity. All of them are the `AnyCache` that
/// `guards()` finds.
///
/// Needs the feature `cache` of `perf-runtime`. To have the attribute of another crate called `cached` beside ours,
/// write its path.
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    if cfg!(feature = "cache") {
        expand::guard(options::Kind::Cached, args.into(), item.into()).into()
    } else {
        expand::without_caches(&item.into()).into()
    }
}

/// Refuses calls while what the function depends on is not well: a `CircuitBreaker` of its own.
///
/// | option | values | unless set |
/// | --- | --- | --- |
/// | `workload` | `"micro"`, `"light"`, `"medium"`, `"heavy"`, as of `#[profiled]` | what `#[profiled]` says, else `"micro"` |
/// | `failure_rate` | the share of failures that is too much: `0.2`, `"20%"` | by workload: 10, 20, 40, 60 % |
/// | `slow_call` | a call that takes at least this long is slow: `"250ms"` | none is |
/// | `slow_rate` | the share of slow calls that is too much | all |
/// | `window` | how far back it looks: `"10s"`, or so many calls: `100` | `"10s"` |
/// | `min_calls` | so many calls are enough to decide | as many as make 95 % sure |
/// | `open_for` | how long it stays open the first time | `"1s"` |
/// | `max_open` | how long at most, however often in a row | `"1min"` |
/// | `backoff` | how many times as long each further time in a row | `2.0` |
/// | `probes` | calls that may run while it is half-open | by workload: 10, 5, 3, 1 |
/// | `failure` | what is a failure: a function of a reference to the output, which gives a `bool` or a `Verdict` | an `Err` |
/// | `fallback` | what is called instead, with the same arguments | the call gives the error |
/// | `shadow` | counts, and refuses nothing | |
/// | `name` | `"db"`: functions that give one name share one breaker | the function's path |
/// | `crate` | where the runtime is | `::perf_runtime` |
///
/// Each value may be an expression, which the first call evaluates.
///
/// # Guards
///
/// A refused call never runs the body. Where the function returns a `Result<_, E>` it gives an `E`, made
/// `From<Rejected>`: `anyhow::Error`, `Box<dyn Error>` and enums with a `#[from] Rejected` are good as they are.
/// Any other function needs a `fallback`.
///
/// Whatever the order of the attributes, a call passes the load shedder first, then the breaker, then the limiter, then the bulkhead; a timeout is around the body; and what was measured is
/// the body alone. A guarded function is measured as if it were `#[profiled]`, which may stand beside the guards to say how. Attributes that were
/// renamed on import do not see each other, and are nested as they stand.
///
/// A future is admitted when it is first polled, and not when it is made; one that is dropped half-way is neither
/// a success nor a failure. Functions that return `Pin<Box<dyn Future<…>>>` are told by that type, or by the name `BoxFuture`.
///
/// The body is a closure, of which `#[track_caller]` and type names tell.
///
/// # Panics
///
/// At the first call, if a value that is an expression cannot be.
#[proc_macro_attribute]
pub fn circuit_breaker(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::guard(options::Kind::CircuitBreaker, args.into(), item.into()).into()
}

/// Admits so many calls of the function in so much time: a `RateLimiter` of its own.
///
/// | option | values | unless set |
/// | --- | --- | --- |
/// | `rate` | `"100/s"`, `"5/min"`, `"10/250ms"` | it has to be |
/// | `burst` | how many permits are kept | the rate's count |
/// | `algorithm` | `"token_bucket"`, `"leaky_bucket"`, `"fixed_window"`, `"sliding_window"` | `"token_bucket"` |
/// | `key` | what tells calls apart, each with a limit of its own: an expression of the arguments that is `Hash` | all are alike |
/// | `max_keys` | how many keys are known at a time | `10_000` |
/// | `cost` | what a call costs: an expression of the arguments | `1` |
/// | `when_limited` | `"reject"`, or `"wait"` for its turn | `"reject"`; a leaky bucket waits |
/// | `max_wait` | how long at most | `"1s"`; as long as a leaky bucket takes to let `burst` calls go |
/// | `fallback`, `name`, `crate` | as of `#[circuit_breaker]`, which says what guards have in common | |
#[proc_macro_attribute]
pub fn rate_limited(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::guard(options::Kind::RateLimited, args.into(), item.into()).into()
}

/// Lets so many calls of the function run at a time: a `Bulkhead` of its own.
///
/// | option | values | unless set |
/// | --- | --- | --- |
/// | `max_concurrent` | calls that may run at a time, or `"adaptive"`; `#[bulkhead(16)]` says it too | it has to be |
/// | `min_limit`, `max_limit` | what an adaptive limit keeps between | `1`, `1000` |
/// | `max_wait` | how long a call may wait for another to end: `"50ms"` | not at all |
/// | `max_waiting` | how many may wait at a time | `1024` |
/// | `fallback`, `name`, `crate` | as of `#[circuit_breaker]`, which says what guards have in common | |
#[proc_macro_attribute]
pub fn bulkhead(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::guard(options::Kind::Bulkhead, args.into(), item.into()).into()
}

/// Refuses a part of the calls while the system has more to do than it can: a `LoadShedder` of its own.
///
/// | option | values | unless set |
/// | --- | --- | --- |
/// | `max_load` | the load above which calls are refused: `0.8`, `"80%"` | `0.8` |
/// | `priority` | `"low"`, `"normal"`, `"high"`, `"critical"`: the lower, the earlier | `"normal"` |
/// | `fallback`, `name`, `crate` | as of `#[circuit_breaker]`, which says what guards have in common | |
///
/// Functions that give one name share one shedder, each with its own priority. What else there is to say of it, a program
/// says to a `LoadShedder` of that name, which it builds before: what load to ignore, and how long work may wait.
#[proc_macro_attribute]
pub fn load_shed(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::guard(options::Kind::LoadShed, args.into(), item.into()).into()
}

/// Stops a future that takes too long: a `Timeout` of its own.
///
/// The time runs from the first poll of the body, when all guards have let it in. A call that was stopped is a failure
/// to the breaker, and gives what a refused one does, though its body has begun.
///
/// | option | values | unless set |
/// | --- | --- | --- |
/// | `timeout` | `#[timeout("250ms")]`, or `#[timeout("adaptive")]`: twice what 99 of 100 calls take | it has to be |
/// | `min_timeout`, `max_timeout` | what an adaptive timeout keeps between | `"1ms"`, `"30s"` |
/// | `fallback` | as of `#[circuit_breaker]`; its arguments are cloned for it | |
/// | `name`, `crate` | as of `#[circuit_breaker]`, which says what guards have in common | |
#[proc_macro_attribute]
pub fn timeout(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::guard(options::Kind::Timeout, args.into(), item.into()).into()
}

/// Calls the function's body again where it has failed, within a budget: a `Retry` of its own.
///
/// The arguments are cloned for each attempt. Every attempt passes the breaker, the limiter and the bulkhead anew; what one
/// of them refuses is refused, and not tried again. The type `Retry` says what else is not, and how the budget works.
///
/// | option | values | unless set |
/// | --- | --- | --- |
/// | `attempts` | how often the body runs at most, the first time included | `3` |
/// | `backoff` | the longest pause before the second attempt; twice that before the third, … | `"50ms"` |
/// | `max_backoff` | what no pause is longer than | `"1s"` |
/// | `budget` | the share of calls that may be tried again: `0.1`, `"10%"` | `0.1` |
/// | `reserve` | retries in ten seconds beside that share | `10` |
/// | `deadline` | how long a call may take with all its attempts and pauses for there to be another | for ever |
/// | `on` | what is worth another attempt: a function of a reference to the output, which gives a `bool` or a `Verdict` | an `Err` |
/// | `name`, `crate` | as of `#[circuit_breaker]`, which says what guards have in common | |
#[proc_macro_attribute]
pub fn retry(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::guard(options::Kind::Retry, args.into(), item.into()).into()
}
