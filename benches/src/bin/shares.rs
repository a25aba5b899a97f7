//! A program of which it is known where its time goes: so many rounds of the same work in each
//! function. `benches/shares` holds the call tree's shares and callgrind's against it.
//!
//! `shares [--millis N | --calls N]` runs for so long, or makes so many calls.
//!
//! Prints a line for each function: its name, its share of all time with all that is below it, its own
//! share, each as it is by construction and as the tree has it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::args;
use perf_runtime::{Config, Perf, Tree, profiled};

/// Rounds of a multiplication and a rotation, each of which waits for the one before, also from call to call:
/// no processor does two at a time.
#[inline(always)]
fn work(seed: u64, rounds: u64) -> u64 {
    (0..rounds)
        .fold(black_box(seed), |x, _| (x ^ 0x9E37_79B9_7F4A_7C15).rotate_left(7).wrapping_mul(0xD6E8_FEB8_6659_FD93))
}

/// What each function does itself.
const SERVE: u64 = 8_000;
const PARSE: u64 = 4_000;
const LOOK_UP: u64 = 1_500;
const HASH: u64 = 500;
const RENDER: u64 = 3_000;

/// How often a call makes others.
const PARSES: u64 = 3;
const LOOK_UPS: u64 = 20;
const HASHES: u64 = 4;
const DEPTH: u64 = 4;

#[profiled]
#[inline(never)]
fn serve(seed: u64) -> u64 {
    let seed = work(seed, SERVE);
    let seed = (0..PARSES).fold(seed, |seed, _| parse(seed));
    let seed = (0..LOOK_UPS).fold(seed, |seed, _| look_up(seed));
    render(seed, DEPTH)
}

#[profiled]
#[inline(never)]
fn parse(seed: u64) -> u64 {
    hash(work(seed, PARSE))
}

#[profiled]
#[inline(never)]
fn look_up(seed: u64) -> u64 {
    (0..HASHES).fold(work(seed, LOOK_UP), |seed, _| hash(seed))
}

#[profiled]
#[inline(never)]
fn hash(seed: u64) -> u64 {
    work(seed, HASH)
}

/// Calls itself, twice.
#[profiled]
#[inline(never)]
fn render(seed: u64, depth: u64) -> u64 {
    let seed = work(seed, RENDER);
    if depth == 0 { seed } else { render(render(seed, depth - 1), depth - 1) }
}

/// Rounds of a call of `serve` in each function, with what is below and without.
fn truth() -> [(&'static str, u64, u64); 5] {
    let hashes = HASH * (PARSES + LOOK_UPS * HASHES);
    let look_ups = LOOK_UPS * LOOK_UP;
    let parses = PARSES * PARSE;
    let renders = RENDER * ((1 << (DEPTH + 1)) - 1);
    let all = SERVE + hashes + look_ups + parses + renders;
    [
        ("serve", all, SERVE),
        ("parse", parses + PARSES * HASH, parses),
        ("look_up", look_ups + LOOK_UPS * HASHES * HASH, look_ups),
        ("hash", hashes, hashes),
        ("render", renders, renders),
    ]
}

/// The share of all time that a function has on all paths, without and with all that is below it.
fn found(tree: &Tree, name: &str) -> (f64, f64) {
    fn walk(branch: perf_runtime::Branch<'_>, name: &str, is_inside: bool, own: &mut f64, total: &mut f64) {
        let is_it = branch.name().ends_with(name);
        if is_it {
            *own += branch.own().as_secs_f64();
            *total += if is_inside { 0.0 } else { branch.total().as_secs_f64() };
        }
        for child in branch.children() {
            walk(child, name, is_inside || is_it, own, total);
        }
    }
    let (mut own, mut total) = (0.0, 0.0);
    for root in tree.roots() {
        walk(root, name, false, &mut own, &mut total);
    }
    let all = tree.total().as_secs_f64();
    (own / all, total / all)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let millis: u64 = args::value("--millis", 3000);
    let calls: u64 = args::value("--calls", u64::MAX);
    let _perf = Perf::builder().config(Config::development()).start()?;
    let start = Instant::now();
    let mut seed = 1;
    for _ in 0..calls {
        seed = serve(seed);
        if calls == u64::MAX && start.elapsed() >= Duration::from_millis(millis) {
            break;
        }
    }
    black_box(seed);
    let snapshot = perf_runtime::snapshot();
    let all = truth()[0].1 as f64;
    for (name, total, own) in truth() {
        let (found_own, found_total) = found(snapshot.tree(), name);
        println!("{name} {:.4} {:.4} {found_total:.4} {found_own:.4}", total as f64 / all, own as f64 / all);
    }
    eprintln!("{snapshot}\n\n{}", snapshot.tree());
    Ok(())
}
