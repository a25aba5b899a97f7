//! What the common shapes expand to, beside this crate in `snapshots/`. After a change that is
//! meant: `UPDATE_EXPECT=1 cargo test -p perf-macros`.

#[cfg(not(feature = "off"))]
use std::path::Path;

use proc_macro2::TokenStream;

use super::profiled;

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the test is valid Rust")
}

#[cfg(not(feature = "off"))]
fn expands_to(name: &str, args: &str, item: &str) {
    same_as_file(name, &format!("#[profiled({args})]"), profiled(tokens(args), tokens(item)));
}

#[cfg(not(feature = "off"))]
fn same_as_file(name: &str, source: &str, expanded: TokenStream) {
    let file = syn::parse2(expanded).expect("an expansion is valid Rust");
    let actual = format!("// {source}\n{}", prettyplease::unparse(&file));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(name).with_extension("rs");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &actual).expect("the snapshots can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{} is now\n\n{actual}", path.display());
}

#[cfg(not(feature = "off"))]
macro_rules! snapshots {
    ($($name:ident: $args:literal, $item:literal;)*) => {
        $(#[test]
        fn $name() {
            expands_to(stringify!($name), $args, $item);
        })*
    };
}

/// A stack as it stands before the function, the outermost attribute first.
#[cfg(not(feature = "off"))]
fn guarded_expands_to(name: &str, source: &str) {
    use crate::options::Kind;

    use Kind::{Bulkhead, Cached, CircuitBreaker, LoadShed, RateLimited, Retry, Timeout};

    let mut kinds = [Cached, LoadShed, Retry, CircuitBreaker, RateLimited, Timeout, Bulkhead].into_iter();
    let kind = kinds.find(|kind| source.starts_with(&format!("#[{}", kind.attribute()))).expect("a guard");
    let (attribute, item) = source.split_once(']').expect("an attribute comes first");
    let args = attribute.split_once('(').map_or("", |(_, args)| args.trim_end_matches(')'));
    same_as_file(name, source, super::guard(kind, tokens(args), tokens(item)));
}

#[cfg(not(feature = "off"))]
macro_rules! guarded_snapshots {
    ($($name:ident: $source:literal;)*) => {
        $(#[test]
        fn $name() {
            guarded_expands_to(stringify!($name), $source);
        })*
    };
}

#[cfg(not(feature = "off"))]
guarded_snapshots! {
    guarded: "#[rate_limited(rate = \"10_000/s\", burst = 500)] fn quote(symbol: &str) -> Result<Quote, Error> { Ok(ask(symbol)?) }";
    guarded_stack: "#[rate_limited(rate = \"8/s\")] #[circuit_breaker(failure = |out| out.is_err(), fallback = Self::cached)] #[profiled(workload = \"light\")] \
        fn quote(&self, symbol: &str) -> Quote { self.ask(symbol) }";
    guarded_keyed: "#[rate_limited(rate = \"5/min\", key = user.id, cost = size)] fn send(user: &User, size: usize) -> Result<(), Error> { Ok(()) }";
    guarded_async: "#[timeout(\"250ms\")] #[circuit_breaker(name = \"db\")] async fn quote(symbol: String) -> Result<Quote, Error> { ask(symbol).await }";
    guarded_shed: "#[load_shed(max_load = 0.9, priority = \"high\", fallback = remembered)] #[bulkhead(8)] fn quote(symbol: &str) -> Quote { ask(symbol) }";
    guarded_retry: "#[retry(attempts = 3)] #[circuit_breaker] fn quote(symbol: &str, list: Vec<u32>, out: &mut Quote) -> Result<(), Error> { Ok(()) }";
    guarded_boxed: "#[bulkhead(8)] fn quote(&self) -> Pin<Box<dyn Future<Output = Result<Quote, Error>> + Send + '_>> { Box::pin(async move { ask().await }) }";
    guarded_labelled: "#[bulkhead(8)] #[profiled(label(kind = kind), in_flight)] fn quote(kind: Kind) -> Result<Quote, Error> { ask(kind) }";
    guarded_alloc: "#[bulkhead(8)] #[profiled(alloc)] fn quote(symbol: &str) -> Result<Quote, Error> { Ok(ask(symbol)?) }";
    guarded_alloc_async: "#[timeout(\"250ms\")] #[profiled(alloc)] async fn quote(symbol: String) -> Result<Quote, Error> { ask(symbol).await }";
    guarded_captured: "#[bulkhead(8)] #[profiled(capture(symbol))] fn quote(symbol: &str) -> Result<Quote, Error> { Ok(ask(symbol)?) }";
    guarded_cached: "#[cached(capacity = 100, ttl = \"1min\")] fn quote(symbol: &str, at: u64) -> Quote { ask(symbol, at) }";
}

#[cfg(not(feature = "off"))]
snapshots! {
    unit: "", "fn f() { work(); }";
    infallible: "", "fn f(text: &str) -> &str { text }";
    named: "", "pub fn f(n: u32) -> Answer { Ok(n) }";
    known_name: "workload = \"light\"", "fn f(n: u32) -> Result<u32, String> { Ok(n) }";
    cpu_time: "cpu, sample = 0.5", "fn f(n: u32) -> u32 { n }";
    question: "", "fn f(text: &str, list: Vec<u32>) -> Result<u32, ParseIntError> { Ok(text.parse()?) }";
    patterns: "", "fn f(mut a: A, (b, _): (B, C), _: D, _e: E, ref f: F) -> Option<u32> { g()?; None }";
    owned_self: "", "fn f(self) -> Option<u32> { self.n?.checked_add(1) }";
    opaque: "", "fn f(n: u32) -> impl Iterator<Item = u32> { 0..n }";
    captured: "capture(id, %name, len = list.len())", "fn f(id: u64, name: &str, list: &[u32]) { work(); }";
    captured_early: "capture(list), sample = \"adaptive\"", "fn f(list: Vec<u32>) -> Result<u32, E> { Ok(g(&list)?) }";
    captured_tracked: "capture(n)", "#[track_caller] fn f(n: u32) -> Answer { if n == 0 { return Err(()); } Ok(n) }";
    captured_async: "capture(text, self.id)", "async fn f(&self, text: String) -> Result<u32, E> { g(&text).await }";
    never: "", "fn f() -> ! { loop {} }";
    tracked: "", "#[track_caller] fn f(n: u32) -> Answer { if n == 0 { return Err(()); } g(|| { return 1; })?; Ok(n) }";
    tracked_unit: "", "#[track_caller] fn f(n: Option<u32>) { assert!(n.is_some()); }";
    async_fn: "name = \"checkout\"", "pub async fn f(text: &str, mut n: u32) -> Result<u32, E> { g(text).await }";
    async_must_use: "", "#[must_use] async fn f(n: u32) -> u32 { n }";
    async_never: "", "async fn f() -> ! { loop {} }";
    returning_a_future: "", "fn f(n: u32) -> impl Future<Output = Result<u32, E>> + Send { async move { Ok(n) } }";
    returning_a_future_early: "", "fn f(n: u32) -> impl Future<Output = u32> { if n == 0 { return ready(0); } ready(n) }";
    inner_attributes: "", "fn f() -> u32 { #![allow(unused)] let n = 1; n }";
    another_runtime: "crate = facade::perf, sample = \"10%\"", "fn f() {}";
    alloc: "alloc", "fn f(text: &str) -> Answer { Ok(text.to_owned()) }";
    alloc_async: "alloc, name = \"checkout\"", "async fn f(n: u32) -> Vec<u32> { vec![n] }";
    alloc_tracked: "alloc", "#[track_caller] fn f(n: u32) -> Result<u32, E> { g(n)?; Ok(n) }";
    block: "workload = \"micro\"",
        "impl Cart { const N: u32 = 1; const fn new() -> Self { Cart } fn len(&self) -> usize { 0 } \
         #[profiled(skip)] fn left_out(&self) {} #[profiled(name = \"own\")] fn own(&self) {} }";
    async_trait: "", "#[async_trait] impl Store for Disk { async fn get(&self, key: &str) -> Option<u32> { None } }";
    labelled: "label(kind = kind, tier = user.tier(), max = 100), in_flight, slo(p95 = \"200ms\", errors = \"1%\")",
        "fn f(kind: &str, user: User) -> Result<u32, E> { Ok(g(kind)?) }";
    labelled_async: "label(kind = kind), in_flight", "async fn f(kind: Kind) -> u32 { 1 }";
    labelled_tracked: "label(kind = kind)", "#[track_caller] fn f(kind: Kind) -> Answer { g(kind)?; Ok(1) }";
    labelled_future: "label(kind = kind), in_flight", "fn f(kind: Kind) -> impl Future<Output = u32> { ready(1) }";
    by_type: "by_type", "fn f<'a, T: Into<Vec<u8>>, const N: usize>(value: &'a T) -> Answer<T> { g(value) }";
    module: "", "mod shop { use a::{b, c}; pub fn top() {} mod deep { pub fn bottom() {} } }";
}

#[cfg(feature = "off")]
#[test]
fn compiled_out_every_item_is_as_written() {
    for item in [
        "#[inline] pub fn f<T>(n: T) -> Result<T, ()> where T: Copy { let m = n?; Ok(m) }",
        "async fn f(mut a: u32, _: &str) -> ! { loop {} }",
        "impl Cart { fn len(&self) -> usize { 0 } #[other] const fn new() -> Self { Cart } }",
        "mod shop { pub fn top() {} }",
        "const fn refused_otherwise() {}",
        "fn half_typed() { let ; }",
    ] {
        let item = tokens(item);
        assert_eq!(profiled(tokens("worklod = 3"), item.clone()).to_string(), item.to_string());
    }
}

#[test]
fn without_caches_the_attribute_says_what_to_do() {
    let expanded = super::without_caches(&tokens("fn f() {}")).to_string();
    assert!(expanded.contains("compile_error") && expanded.contains("needs the feature `cache`"), "{expanded}");
    assert!(expanded.contains("fn f ()"), "{expanded}");
}

#[test]
fn the_attribute_of_the_crate_called_cached_is_left_alone() {
    let foreign = "#[cached::proc_macro::cached(size = 3)] fn f(n: u32) -> Result<u32, Error> { Ok(n) }";
    let plain = "#[cached(size = 3)] fn f(n: u32) -> Result<u32, Error> { Ok(n) }";
    let mut left = vec![foreign];
    if cfg!(not(feature = "cache")) {
        left.push(plain);
    }
    for item in left {
        let expanded = super::guard(crate::options::Kind::Bulkhead, tokens("8"), tokens(item)).to_string();
        assert!(expanded.contains("cached (size = 3)") && !expanded.contains("compile_error"), "{expanded}");
    }
}
