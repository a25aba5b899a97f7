//! What the command line says.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use perf_runtime::Environment;

pub(crate) const HELP: &str = "\
Builds a full-text index of files, keeps it, loads it and answers queries, and shows
what each of its functions did meanwhile.

Usage: index [OPTIONS] [FILE OR DIRECTORY]...

Without paths, it indexes the repository that it comes from.

Options:
  -s, --seconds N        work for so long [3]
  -r, --rounds N         work for so many rounds instead, however long they take
  -t, --threads N        threads that index and answer [as many as there are cores]
  -e, --environment ENV  production, development, testing or benchmark: how much of the
                         work is timed [production]
  -l, --live             show the table while it grows
      --serve[=ADDRESS]  serve what is known meanwhile, live, at this address [127.0.0.1:9898],
                         and work until Ctrl-C unless told how long
  -h, --help             print this

Ctrl-C ends the work early; the table comes all the same.";

/// Where it is served unless told otherwise.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9898);

/// Who looks at it says when it is enough.
const FOR_EVER: Duration = Duration::from_secs(365 * 86_400);

/// How much to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Effort {
    Time(Duration),
    Rounds(usize),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) effort: Effort,
    pub(crate) threads: usize,
    pub(crate) environment: Option<Environment>,
    pub(crate) is_live: bool,
    /// Where to serve what is known.
    pub(crate) serve: Option<SocketAddr>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            effort: Effort::Time(Duration::from_secs(3)),
            threads: std::thread::available_parallelism().map_or(2, usize::from),
            environment: None,
            is_live: false,
            serve: None,
        }
    }
}

impl Options {
    /// None where help is asked for.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to write instead.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, String> {
        let mut options = Self::default();
        let mut effort = None;
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                Arg::Short('l') | Arg::Long("live") => options.is_live = true,
                Arg::Short('s') | Arg::Long("seconds") => {
                    effort = Some(Effort::Time(seconds(&value(&mut parser, "--seconds 3")?)?));
                }
                Arg::Short('r') | Arg::Long("rounds") => {
                    let rounds = number("--rounds", &value(&mut parser, "--rounds 1")?, 1_000_000)?;
                    effort = Some(Effort::Rounds(rounds));
                }
                Arg::Short('t') | Arg::Long("threads") => {
                    options.threads = number("--threads", &value(&mut parser, "--threads 2")?, 1_024)?;
                }
                Arg::Short('e') | Arg::Long("environment") => {
                    options.environment = Some(environment(&value(&mut parser, "--environment production")?)?);
                }
                Arg::Long("serve") => options.serve = Some(address(parser.optional_value())?),
                Arg::Value(root) => options.roots.push(root.into()),
                Arg::Short(_) | Arg::Long(_) => return Err(unknown(argument)),
            }
        }
        if options.serve.is_some() {
            options.effort = Effort::Time(FOR_EVER);
        }
        options.effort = effort.unwrap_or(options.effort);
        if options.roots.is_empty() {
            options.roots.push(repository());
        }
        Ok(Some(options))
    }
}

/// Where this program's own sources were when it was built.
fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

fn value(parser: &mut Parser, example: &str) -> Result<String, String> {
    let name = example.split(' ').next().unwrap_or_default();
    let value = parser.value().map_err(|_| format!("`{name}` needs a value; write `{example}`"))?;
    value.string().map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        format!("`--seconds` does not take `{text}`; write a number from 0.1 to 86400, as in `--seconds 3`")
    })
}

fn number(name: &str, text: &str, most: usize) -> Result<usize, String> {
    text.parse().ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
        format!("`{name}` does not take `{text}`; write a whole number from 1 to {most}, as in `{name} 2`")
    })
}

fn address(text: Option<OsString>) -> Result<SocketAddr, String> {
    let Some(text) = text else { return Ok(ADDRESS) };
    text.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
        format!("`--serve` does not take `{}`; write an address, as in `--serve={ADDRESS}`", text.display())
    })
}

fn environment(text: &str) -> Result<Environment, String> {
    match text {
        "production" => Ok(Environment::Production),
        "development" => Ok(Environment::Development),
        "testing" => Ok(Environment::Testing),
        "benchmark" => Ok(Environment::Benchmark),
        _ => Err(format!(
            "`--environment` does not take `{text}`; write one of production, development, testing and benchmark"
        )),
    }
}

fn unknown(argument: Arg<'_>) -> String {
    format!("{}; `--help` lists the options", argument.unexpected())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn options_come_in_any_form() {
        let options = parse("-t4 --seconds=0.5 a -l b --environment testing").unwrap().unwrap();
        let expected = Options {
            roots: vec!["a".into(), "b".into()],
            effort: Effort::Time(Duration::from_millis(500)),
            threads: 4,
            environment: Some(Environment::Testing),
            is_live: true,
            serve: None,
        };
        assert_eq!(options, expected);
        assert_eq!(parse("a --help --nonsense"), Ok(None));
    }

    #[test]
    fn who_serves_works_until_told_otherwise() {
        let options = parse("--serve").unwrap().unwrap();
        assert_eq!((options.serve, options.effort), (Some(ADDRESS), Effort::Time(FOR_EVER)));
        let options = parse("--serve=[::1]:80 --rounds 2").unwrap().unwrap();
        assert_eq!((options.serve, options.effort), ("[::1]:80".parse().ok(), Effort::Rounds(2)));
    }

    #[test]
    fn errors_name_what_is_wrong_and_what_to_write() {
        for (line, said) in [
            ("--seconds ten", "`--seconds` does not take `ten`"),
            ("--threads 0", "a whole number from 1 to 1024"),
            ("--rounds", "write `--rounds 1`"),
            ("--environment prod", "one of production, development"),
            ("--sekonds 3", "--sekonds"),
            ("--serve=here", "`--serve` does not take `here`; write an address"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
