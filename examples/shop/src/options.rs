//! What the command line says.

use std::ffi::OsString;
use std::net::SocketAddr;

use lexopt::{Arg, Parser, ValueExt};

pub(crate) const HELP: &str = "\
A shop behind a circuit breaker, a rate limiter and a bulkhead. Shows for some seconds
what they do, or serves.

Usage: shop [--serve ADDRESS --warehouse ADDRESS]

Options:
  -s, --serve ADDRESS      listen here instead, such as 127.0.0.1:8080, until it is ended:
                           GET /price/ITEM, GET /guards
  -w, --warehouse ADDRESS  where prices are: a server that answers a line with a line
  -h, --help               print this";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Options {
    Show,
    Serve { listen: SocketAddr, warehouse: SocketAddr },
}

impl Options {
    /// None where help is asked for.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to write instead.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, String> {
        let (mut listen, mut warehouse) = (None, None);
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
            let place = match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                Arg::Short('s') | Arg::Long("serve") => &mut listen,
                Arg::Short('w') | Arg::Long("warehouse") => &mut warehouse,
                _ => return Err(format!("{}; see --help", argument.unexpected())),
            };
            let address = parser.value().and_then(|value| value.parse::<SocketAddr>());
            *place = Some(address.map_err(|error| format!("{error}; an address is written as 127.0.0.1:8080"))?);
        }
        match (listen, warehouse) {
            (None, None) => Ok(Some(Self::Show)),
            (Some(listen), Some(warehouse)) => Ok(Some(Self::Serve { listen, warehouse })),
            _ => Err("--serve and --warehouse go together; see --help".into()),
        }
    }
}
