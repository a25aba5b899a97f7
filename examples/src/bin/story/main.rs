//! A dependency degrades, dies and recovers under load from several threads: once its callers only try hard,
//! and once they are guarded. Prints both, side by side.

mod backend;
mod callers;
mod load;
#[cfg(test)]
mod tests;

use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use backend::{Backend, Mood};
use callers::Caller;
use load::{Call, between, goodput, p99};

/// What happens, and when it is over.
const STORY: [(Mood, f64); 4] = [(Mood::Well, 1.0), (Mood::Slow, 2.0), (Mood::Dead, 3.5), (Mood::Well, 5.5)];

/// The story's second.
const SECOND: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    match both(SECOND) {
        Ok((bare, guarded)) => {
            print(&bare, &guarded);
            println!("\n{}", perf_runtime::snapshot());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("story: the backend could not be started: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Tells the story to both callers, one after the other.
fn both(second: Duration) -> io::Result<(Vec<Call>, Vec<Call>)> {
    Ok((told_to(callers::bare, second)?, told_to(callers::guarded, second)?))
}

fn told_to(caller: Caller, second: Duration) -> io::Result<Vec<Call>> {
    let backend = Backend::start()?;
    Ok(thread::scope(|scope| {
        let calls = scope.spawn(|| load::calls(caller, backend.address(), second.mul_f64(STORY[3].1)));
        let mut told = 0.0;
        for (mood, until) in STORY {
            backend.become_(mood);
            thread::sleep(second.mul_f64(until - told));
            told = until;
        }
        calls.join().expect("no caller panics")
    }))
}

fn print(bare: &[Call], guarded: &[Call]) {
    println!("A thousand calls a second, of which an answer within 100 ms is of use.\n");
    println!("                      three attempts            breaker, bulkhead, retry");
    println!("   time  backend      useful        p99         useful        p99");
    let slice = SECOND / 4;
    for number in 0.. {
        let from = slice * number;
        let Some((mood, _)) = STORY.iter().find(|(_, until)| from < SECOND.mul_f64(*until)) else { break };
        let cells = |calls: &[Call]| {
            let calls = between(calls, from, from + slice);
            format!("{:5.1} %  {:6.0} ms", goodput(calls) * 100.0, p99(calls).as_secs_f64() * 1e3)
        };
        let (mood, bare, guarded) = (format!("{mood:?}").to_lowercase(), cells(bare), cells(guarded));
        println!("{:5.2} s  {mood:<7}  {bare:>20}   {guarded:>20}", from.as_secs_f64());
    }
    let all = |calls: &[Call]| format!("{:5.1} %  {:6.0} ms", goodput(calls) * 100.0, p99(calls).as_secs_f64() * 1e3);
    println!("    all           {:>20}   {:>20}", all(bare), all(guarded));
}
