//! The slowest calls, below the table: a line each, and only those of which there is more to say than how
//! long they took.

use std::fmt::{self, Formatter};
use std::time::Duration;

use super::columns::{beginning_of, length, visible};
use super::format::duration;
use super::table::{NAME, Style, shortened};
use super::{FunctionStats, Outcome, SlowCall};

/// What the name of the function around it is cut to.
const PARENT: usize = 20;

/// Lines of one function, and of all together.
const OF_ONE: usize = 3;
const OF_ALL: usize = 9;

pub(super) fn write_slowest(
    f: &mut Formatter<'_>,
    functions: &[FunctionStats],
    width: usize,
    style: &Style,
) -> fmt::Result {
    let says_more = |call: &&SlowCall| call.captured().is_some() || call.span().is_some() || call.trace_id().is_some();
    let of_one = |function: &'_ FunctionStats| {
        let calls: Vec<SlowCall> = function.slowest().iter().filter(says_more).take(OF_ONE).cloned().collect();
        (shortened(function.name(), NAME), function.slow.read_at, calls)
    };
    let told: Vec<_> = functions.iter().map(of_one).filter(|(_, _, calls)| !calls.is_empty()).collect();
    let Some(longest) = told.iter().map(|(name, ..)| length(name)).max() else { return Ok(()) };
    let room = longest.max("slowest calls".len());
    f.write_str("\n")?;
    style.paint(f, "1", &format!("{:room$}  {:>8}", "slowest calls", "took"))?;
    let mut left = OF_ALL;
    for (name, now, calls) in &told {
        for call in calls.iter().take(left) {
            left -= 1;
            f.write_str("\n")?;
            style.paint(f, "36", name)?;
            let took = duration(call.duration());
            write!(f, "{:pad$}  {took:>8}  ", "", pad = room - length(name))?;
            f.write_str(&beginning_of(&told_of(call, *now), width.saturating_sub(room + 12)))?;
        }
    }
    Ok(())
}

/// `error, id=7, in main, span request 3, trace 0af7…, on worker-1, 3.20 s ago`.
fn told_of(call: &SlowCall, now: Duration) -> String {
    let mut parts = Vec::new();
    if call.outcome() != Outcome::Ok {
        parts.push(call.outcome().to_string());
    }
    // What is told may have any lines in it; here it has one.
    parts.extend(call.captured().map(|captured| visible(&captured.replace(char::is_control, " ")).into_owned()));
    parts.extend(call.parent().map(|parent| format!("in {}", shortened(parent, PARENT))));
    parts.extend(call.span().map(|span| format!("span {} {}", visible(&span.name), span.id)));
    parts.extend(call.trace_id().map(|id| format!("trace {id:032x}")));
    parts.push(format!("on {}", visible(call.thread())));
    parts.push(format!("{} ago", duration(now.saturating_sub(call.ended_at()))));
    parts.join(", ")
}
