//! One request, and what its answer means. Everything that a receiver may do ends within the timeout and some kibibytes.

use std::time::{Duration, SystemTime};

use prost::Message;
#[cfg(feature = "otlp-tls")]
use ureq::tls::TlsConfig;
use ureq::{Agent, Body, Error, http};

use super::outbox::Answer;
use super::proto::{Failure, Response};
use super::target::Target;

/// Of an answer that is longer nothing is read but its status.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// What a receiver says is shown up to here.
const LONGEST_WORDS: usize = 200;

pub(super) struct Client {
    /// Through a proxy, where the environment says so.
    agent: Agent,
    /// To this machine: never through one.
    direct: Agent,
}

impl Client {
    pub(super) fn new() -> Self {
        let config = || {
            Agent::config_builder()
                .http_status_as_error(false)
                // What was moved is for the user to change: a request that is sent on would be another one.
                .max_redirects(0)
                .max_redirects_will_error(false)
                .user_agent(concat!("perf-export/", env!("CARGO_PKG_VERSION")))
        };
        Self { agent: config().build().into(), direct: config().proxy(None).build().into() }
    }

    /// Sends it, and waits for the answer as long as this, whatever comes.
    pub(super) fn send(&self, target: &Target, is_gzip: bool, body: &[u8], timeout: Duration) -> Answer {
        let agent = if target.is_local() { &self.direct } else { &self.agent };
        let mut request = agent.post(&target.url).header("content-type", "application/x-protobuf");
        if is_gzip {
            request = request.header("content-encoding", "gzip");
        }
        for (name, value) in &target.headers {
            request = request.header(name, value);
        }
        let config = request.config().timeout_global(Some(timeout));
        #[cfg(feature = "otlp-tls")]
        let config = match &target.roots {
            Some(roots) => config.tls_config(TlsConfig::builder().root_certs(roots.clone()).build()),
            None => config,
        };
        match config.build().send(body) {
            Ok(response) => answer(response),
            Err(error) => failure(&error),
        }
    }
}

/// What could not be sent, or was not answered, is tried again, but for what will never be any different.
fn failure(error: &Error) -> Answer {
    let why = error.to_string();
    match error {
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl => Answer::Refused { why },
        _ => Answer::Later { after: None, why },
    }
}

fn answer(mut response: http::Response<Body>) -> Answer {
    let status = response.status().as_u16();
    let after = response.headers().get("retry-after").and_then(|value| retry_after(value.to_str().ok()?));
    // Too long, or cut off: the status alone counts.
    let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
    let what_is_wrong = || {
        let said = body.as_ref().ok().and_then(|body| Failure::decode(body.as_slice()).ok());
        let words = said.map(|failure| shortened(&failure.message)).filter(|words| !words.is_empty());
        format!("the receiver answered {status}{}", words.map_or(String::new(), |words| format!(": {words}")))
    };
    match status {
        200..=299 => accepted(body.as_deref().unwrap_or_default()),
        // The specification's list: https://opentelemetry.io/docs/specs/otlp/#failures-1
        429 | 502 | 503 | 504 => Answer::Later { after, why: what_is_wrong() },
        _ => Answer::Refused { why: what_is_wrong() },
    }
}

/// A body that is no message says nothing of what was refused, so nothing was.
fn accepted(body: &[u8]) -> Answer {
    let partial = Response::decode(body).unwrap_or_default().partial_success.unwrap_or_default();
    let why = (!partial.message.is_empty()).then(|| format!("the receiver says: {}", shortened(&partial.message)));
    Answer::Accepted { rejected: u64::try_from(partial.rejected).unwrap_or(0), why }
}

/// What is fit to be shown to somebody.
fn shortened(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect()
}

/// Seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    Some(Duration::from_secs(unix_seconds(value)?.saturating_sub(now)))
}

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn unix_seconds(date: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = date.split_once(", ")?.1.split(' ');
    let day: u64 = words.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64 + 1;
    let year: u64 = words.next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<u64>().ok().filter(|part| *part <= 60));
    let [hours, minutes, seconds] = [time.next()??, time.next()??, time.next()??];
    // Years begin in March here, so that the day that leap years have more is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    // The first of March of the year 0 was so many days before 1970.
    Some((days - 719_468) * 86_400 + hours * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Thu, 31 Dec 2026 12:00:00 GMT", 1_798_718_400),
        ] {
            assert_eq!(unix_seconds(date), Some(seconds), "{date}");
        }
        for date in [
            "",
            "soon",
            "Sun, 06 Nov",
            "Sun, 0 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1 08:49:37 GMT",
            "x, 1 Xyz 2000 1:1:1",
        ] {
            assert_eq!(unix_seconds(date), None, "{date}");
        }
    }

    #[test]
    fn a_pause_is_told_in_seconds_or_as_a_date() {
        assert_eq!(retry_after(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "that is over");
        assert_eq!(retry_after("-1"), None);
    }

    #[test]
    fn what_a_receiver_rejects_of_a_request_is_told_apart() {
        // Field 1, of 6 bytes: field 1 is 5, field 2 is "no".
        let answer = accepted(&[0x0a, 6, 0x08, 5, 0x12, 2, b'n', b'o']);
        assert_eq!(answer, Answer::Accepted { rejected: 5, why: Some("the receiver says: no".to_owned()) });
        let all = Answer::Accepted { rejected: 0, why: None };
        assert_eq!(accepted(b""), all);
        assert_eq!(accepted(b"<html>what is this?"), all, "no message");
    }
}
