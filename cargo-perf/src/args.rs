//! What was typed.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::error::Error;
use crate::help;

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Top { from: Option<String>, every: Duration, filter: String, is_timed: bool },
    Report { from: String, format: Format, since: Option<PathBuf>, out: Option<PathBuf> },
    Flame { from: String, since: Option<PathBuf>, out: Option<PathBuf>, is_folded: bool },
    Trace { from: String, format: String, out: PathBuf, seconds: Option<u64> },
    Rules { from: String, out: Option<PathBuf> },
    Dashboard { from: String, out: Option<PathBuf> },
    Say(&'static str),
    Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Markdown,
    Html,
    Json,
}

/// Everything that may be said of any command; which of it a command takes is checked where the command is made.
#[derive(Default)]
struct Said {
    places: Vec<String>,
    given: Vec<&'static str>,
    every: Option<Duration>,
    filter: String,
    format: Option<String>,
    since: Option<PathBuf>,
    out: Option<PathBuf>,
    seconds: Option<u64>,
    token: Option<String>,
    wants_help: bool,
}

const COMMANDS: [&str; 6] = ["top", "report", "flame", "trace", "rules", "dashboard"];

/// From the arguments without the program's own name. As `cargo perf …` runs it, the first is `perf`.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<(Command, Option<String>), Error> {
    let mut arguments = arguments.into_iter().peekable();
    arguments.next_if(|first| first == "perf");
    let mut parser = lexopt::Parser::from_args(arguments);
    let command = match parser.next().map_err(odd)? {
        None | Some(Long("help") | Short('h')) => return Ok((Command::Say(help::ALL), None)),
        Some(Long("version") | Short('V')) => return Ok((Command::Version, None)),
        Some(Value(command)) => command.string().map_err(odd)?,
        Some(other) => return Err(odd(other.unexpected())),
    };
    if command == "help" {
        let of = parser.value().and_then(ValueExt::string);
        return of.map_or(Ok(help::ALL), |of| help_of(&of)).map(|text| (Command::Say(text), None));
    }
    let text = help_of(&command)?;
    let said = options(&mut parser)?;
    if said.wants_help {
        return Ok((Command::Say(text), None));
    }
    let token = said.token.clone().or_else(|| std::env::var("PERF_TOKEN").ok()).filter(|token| !token.is_empty());
    Ok((said.into_command(&command)?, token))
}

fn help_of(command: &str) -> Result<&'static str, Error> {
    Ok(match command {
        "top" => help::TOP,
        "report" => help::REPORT,
        "flame" => help::FLAME,
        "trace" => help::TRACE,
        "rules" => help::RULES,
        "dashboard" => help::DASHBOARD,
        other => {
            let near = COMMANDS.iter().find(|known| other.chars().next().is_some_and(|first| known.starts_with(first)));
            let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(Error::usage(
                format!("`{other}` is no command"),
                format!("{near}there are {}: `cargo perf --help`", COMMANDS.join(", ")),
            ));
        }
    })
}

fn options(parser: &mut lexopt::Parser) -> Result<Said, Error> {
    let mut said = Said::default();
    while let Some(argument) = parser.next().map_err(odd)? {
        match argument {
            Value(place) => said.places.push(place.string().map_err(odd)?),
            Long("help") | Short('h') => said.wants_help = true,
            Long("token") => said.token = Some(text(parser)?),
            Long("every") => {
                said.given.push("--every");
                said.every = Some(duration(&text(parser)?)?);
            }
            Long("filter") => {
                said.given.push("--filter");
                said.filter = text(parser)?;
            }
            Long("format") => {
                said.given.push("--format");
                said.format = Some(text(parser)?);
            }
            Long("since") => {
                said.given.push("--since");
                said.since = Some(parser.value().map_err(odd)?.into());
            }
            Long("out") | Short('o') => {
                said.given.push("--out");
                said.out = Some(parser.value().map_err(odd)?.into());
            }
            Long("seconds") => {
                said.given.push("--seconds");
                said.seconds = Some(seconds(&text(parser)?)?);
            }
            Long("folded") => said.given.push("--folded"),
            // Says how long the first screen took, and ends.
            Long("timing") => said.given.push("--timing"),
            other => return Err(odd(other.unexpected())),
        }
    }
    Ok(said)
}

impl Said {
    fn into_command(self, command: &str) -> Result<Command, Error> {
        let taken: &[&str] = match command {
            "top" => &["--every", "--filter", "--timing"],
            "report" => &["--format", "--since", "--out"],
            "flame" => &["--since", "--out", "--folded"],
            "rules" | "dashboard" => &["--out"],
            _ => &["--format", "--out", "--seconds"],
        };
        let way_out = format!("`cargo perf {command} --help` says what there is");
        if let Some(other) = self.given.iter().find(|option| !taken.contains(option)) {
            return Err(Error::usage(format!("`cargo perf {command}` takes no `{other}`"), way_out));
        }
        let has = |option: &str| self.given.contains(&option);
        let (is_folded, is_timed) = (has("--folded"), has("--timing"));
        let mut places = self.places.into_iter();
        let (from, more) = (places.next(), places.next());
        if let Some(more) = more {
            return Err(Error::usage(format!("`{more}` is one place too many"), way_out));
        }
        if command == "top" {
            let every = self.every.unwrap_or(Duration::from_secs(1));
            return Ok(Command::Top { from, every, filter: self.filter, is_timed });
        }
        let Some(from) = from else {
            let what = format!("`cargo perf {command}` has to be told of what");
            return Err(Error::usage(what, format!("`cargo perf {command} 127.0.0.1:9898`; {way_out}")));
        };
        let (since, out) = (self.since, self.out);
        Ok(match command {
            "report" => Command::Report { from, format: format(self.format.as_deref())?, since, out },
            "flame" => Command::Flame { from, since, out, is_folded },
            "rules" => Command::Rules { from, out },
            "dashboard" => Command::Dashboard { from, out },
            _ => Command::Trace {
                from,
                format: trace_format(self.format)?,
                out: out.unwrap_or_else(|| "trace.json".into()),
                seconds: self.seconds,
            },
        })
    }
}

#[allow(clippy::needless_pass_by_value)] // As `map_err` hands it over.
fn odd(error: lexopt::Error) -> Error {
    Error::usage(error.to_string(), "`cargo perf --help` says what there is")
}

fn text(parser: &mut lexopt::Parser) -> Result<String, Error> {
    parser.value().and_then(ValueExt::string).map_err(odd)
}

fn format(said: Option<&str>) -> Result<Format, Error> {
    Ok(match said {
        None | Some("table") => Format::Table,
        Some("markdown" | "md") => Format::Markdown,
        Some("html") => Format::Html,
        Some("json") => Format::Json,
        Some(other) => {
            return Err(Error::usage(
                format!("`{other}` is no format of a report"),
                "there are table, markdown, html and json",
            ));
        }
    })
}

fn trace_format(said: Option<String>) -> Result<String, Error> {
    match said.as_deref() {
        None => Ok("chrome".to_owned()),
        Some("chrome" | "speedscope") => Ok(said.unwrap_or_default()),
        Some(other) => {
            Err(Error::usage(format!("`{other}` is no format of a trace"), "there are chrome and speedscope"))
        }
    }
}

fn seconds(said: &str) -> Result<u64, Error> {
    let number = said.strip_suffix('s').unwrap_or(said).parse().ok().filter(|seconds| (1..=3600).contains(seconds));
    number.ok_or_else(|| Error::usage(format!("`{said}` is no number of seconds from 1 to 3600"), "`--seconds 10`"))
}

/// `500ms`, `2s`, `2`.
fn duration(said: &str) -> Result<Duration, Error> {
    let (number, unit) = match said.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (said.strip_suffix('s').unwrap_or(said), 1.0),
    };
    let seconds = number.trim().parse::<f64>().ok().map(|number| number * unit);
    // More often than that and it would be the program that is looked at that has the work.
    match seconds.filter(|seconds| (0.1..=3600.0).contains(seconds)) {
        Some(seconds) => Ok(Duration::from_secs_f64(seconds)),
        None => Err(Error::usage(
            format!("`{said}` is no time between looks from 100 ms to an hour"),
            "`--every 500ms` or `--every 5s`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Result<Command, Error> {
        parse(line.split_whitespace().map(OsString::from)).map(|(command, _)| command)
    }

    #[test]
    fn cargo_adds_its_own_word_for_it() {
        let top = said("top :9898").unwrap();
        assert_eq!(said("perf top :9898").unwrap(), top);
        let every = Duration::from_secs(1);
        assert_eq!(top, Command::Top { from: Some(":9898".into()), every, filter: String::new(), is_timed: false });
    }

    #[test]
    fn options_are_those_of_the_command_and_have_values_that_make_sense() {
        for (line, part) in [
            ("tip", "did you mean `top`?"),
            ("top --folded", "takes no `--folded`"),
            ("top --every 5ms", "from 100 ms"),
            ("top --every", "missing argument"),
            ("report", "has to be told of what"),
            ("report a b", "one place too many"),
            ("report a --format pdf", "table, markdown, html and json"),
            ("trace a --format chrom", "chrome and speedscope"),
            ("trace a --seconds 0", "from 1 to 3600"),
            ("rules a --format yaml", "takes no `--format`"),
            ("flame a --colour red", "invalid option '--colour'"),
        ] {
            let error = said(line).unwrap_err();
            assert!(error.to_string().contains(part), "{line}: {error}");
            assert_eq!(error.code(), 2);
        }
    }

    #[test]
    fn every_command_has_a_help_of_its_own() {
        for command in COMMANDS {
            let Command::Say(text) = said(&format!("{command} x --help")).unwrap() else { panic!("{command}") };
            assert!(text.contains(&format!("cargo perf {command}")) && help::ALL.contains(&format!("\n  {command} ")));
        }
        assert_eq!(said("").unwrap(), Command::Say(help::ALL));
        assert_eq!(said("help top").unwrap(), Command::Say(help::TOP));
        for text in [help::ALL, help::TOP, help::REPORT, help::FLAME, help::TRACE, help::RULES, help::DASHBOARD] {
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
    }
}
