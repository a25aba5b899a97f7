//! A program that is measured and served, for the tests of what others see of it: a shop, until it is killed.
//!
//! `measured ADDRESS [--many]`; with `--many` it calls 200 functions more.

mod many;
mod shop;

use std::time::Duration;

use perf_runtime::{Config, Perf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("the address to serve at is missing")?;
    let is_many = arguments.next().is_some_and(|argument| argument == "--many");
    let _perf = Perf::builder().config(Config { tree: true, ..Config::production() }).start()?;
    perf_runtime::process::start();
    perf_runtime::metrics::install()?;
    let reset = || {
        perf_runtime::reset();
        Ok("all counts begin anew".to_owned())
    };
    let server = perf_export::serve::builder().address(&*address)?.control("reset", reset).start()?;
    println!("serving at {}", server.address().ok_or("it has no address")?);
    shop::open();
    loop {
        if is_many {
            many::call_all();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
