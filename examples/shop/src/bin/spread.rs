//! Work that goes on on other threads, and is below who handed it over all the same: on rayon's, and in tasks of tokio's.
//!
//! `cargo run --release -p shop --bin spread` prints the call tree, and writes the folded stacks where `--folded FILE` says.

use std::hint::black_box;

use perf_runtime::{Config, Context, Perf, in_current, profiled};

/// Orders that are priced.
const ORDERS: u64 = 400;

#[profiled]
async fn serve(orders: u64) -> u64 {
    let tasks: Vec<_> = (0..orders).map(|order| tokio::spawn(in_current(answer(order)))).collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.unwrap_or(0);
    }
    sum
}

#[profiled]
async fn answer(order: u64) -> u64 {
    tokio::task::yield_now().await;
    price(order)
}

/// Each part on whichever of rayon's threads is idle.
#[profiled]
fn price(order: u64) -> u64 {
    let here = Context::current();
    let mut parts = [0; 8];
    rayon::scope(|scope| {
        for (part, price) in parts.iter_mut().enumerate() {
            let here = &here;
            scope.spawn(move |_| *price = here.run(|| price_of(order + part as u64)));
        }
    });
    parts.iter().sum()
}

#[profiled]
fn price_of(part: u64) -> u64 {
    (0..20_000).fold(part, |price, _| black_box(price).rotate_left(7) ^ 0x9E37_79B9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut folded = None;
    let mut options = lexopt::Parser::from_env();
    while let Some(option) = options.next()? {
        match option {
            lexopt::Arg::Long("folded") => folded = Some(options.value()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let _perf = Perf::builder().config(Config { tree: true, ..Config::development() }).start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    for _ in 0..10 {
        black_box(runtime.block_on(serve(ORDERS)));
    }
    let snapshot = perf_runtime::snapshot();
    println!("{snapshot}\n\n{}", snapshot.tree());
    if let Some(file) = folded {
        std::fs::write(file, snapshot.tree().folded())?;
    }
    Ok(())
}
