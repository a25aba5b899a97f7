//! A shop on axum that asks a warehouse for its prices, and guards which keep it well while the warehouse is not.
//!
//! By itself it shows how: it opens a warehouse that is shut for a while, lets customers come, one of them far too often, and
//! prints what they were answered, and what the guards did. `--help` says how to serve real customers.

mod customers;
mod options;
mod shop;
mod show;
mod warehouse;

use std::process::ExitCode;

use options::Options;

/// What shells expect of a command line that cannot be followed.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(&error, USAGE),
    };
    let done = match options {
        Options::Show => show::run().await,
        Options::Serve { listen, warehouse } => shop::serve(listen, warehouse).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

fn fail(error: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("shop: {error}");
    ExitCode::from(code)
}
