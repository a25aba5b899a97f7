//! A program that is measured and served, for the tests of what others see of it: a shop, until it is killed.
//!
//! `measured ADDRESS [--many | --strange | --bare]`: with `--many` it calls 200 functions more, with `--strange` some that
//! are hard to show, and with `--bare` there is no shop, nothing but a function that is called when that is asked for.

mod many;
mod shop;
mod strange;

use std::time::Duration;

use perf_runtime::{Config, Perf, profiled};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("the address to serve at is missing")?;
    let kind = arguments.next().unwrap_or_default();
    let is_bare = kind == "--bare";
    let _perf = Perf::builder().config(Config { tree: !is_bare, ..Config::production() }).start()?;
    if !is_bare {
        perf_runtime::process::start();
        perf_runtime::metrics::install()?;
    }
    let reset = || {
        perf_runtime::reset();
        Ok("all counts begin anew".to_owned())
    };
    let call = || {
        take();
        Ok("it was called".to_owned())
    };
    let server =
        perf_export::serve::builder().address(&*address)?.control("reset", reset).control("call", call).start()?;
    println!("serving at {}", server.address().ok_or("it has no address")?);
    if !is_bare {
        shop::open();
    }
    for round in 0.. {
        match &*kind {
            "--many" => _ = many::call_all(),
            "--strange" => strange::call_all(round),
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

#[profiled]
fn take() {}
