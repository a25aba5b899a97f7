//! What guards did while somebody watched.
//!
//! A guard knows what it has done since the program began, and for how long it has been as it is, but not when it
//! refused. So whoever comes is told what was seen while the page was open somewhere, and otherwise only what the guards
//! themselves know. While nobody watches nothing is looked at.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use perf_core::{GuardKind, GuardStats};
use serde_json::{Value, json};

use super::number::about;

/// Seconds that are kept of each guard, eight bytes each.
const KEPT: usize = 60;

/// Two looks so many seconds apart tell what was between them, on average.
const SPREAD: u64 = 5;

/// Guards by what they are; those of one kind and name by their order.
type Key = (GuardKind, Cow<'static, str>, u32);

#[derive(Debug, Default)]
pub(super) struct Watched {
    /// The program's uptime at the last look.
    at: Option<Duration>,
    guards: HashMap<Key, Past>,
    /// All states that were seen, which seconds have places of.
    states: Vec<Box<str>>,
}

#[derive(Debug, Default)]
struct Past {
    /// The oldest first.
    seconds: VecDeque<Second>,
    /// All refusals up to the last look.
    refusals: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Second {
    state: Option<u8>,
    /// NaN if it is not known.
    refused: f32,
}

impl Watched {
    /// Looks at the guards, unless it has just done so. They are as many as are shown.
    pub(super) fn look(&mut self, uptime: Duration, guards: &[GuardStats]) {
        let passed = self.at.map(|at| uptime.saturating_sub(at).as_secs_f64().round() as u64);
        if passed == Some(0) {
            return;
        }
        self.at = Some(uptime);
        let mut before = std::mem::take(&mut self.guards);
        for (key, guard) in keyed(guards) {
            let state = self.place(&guard.state);
            let known = before.remove(&key);
            let watched = passed.filter(|passed| known.is_some() && *passed <= SPREAD);
            let mut past = known.unwrap_or_default();
            past.add(guard, state, watched, passed.unwrap_or(KEPT as u64));
            self.guards.insert(key, past);
        }
    }

    /// Of each guard, in their order, `{"states": [[state, seconds], …], "refused": [a second, …], "refusals"}`, the oldest
    /// first, null where it is not known; null for a guard that was not there yet.
    pub(super) fn told(&self, guards: &[GuardStats]) -> Value {
        let past = |(key, _)| self.guards.get(&key).map(|past| past.told(&self.states));
        keyed(guards).map(past).collect()
    }

    fn place(&mut self, state: &str) -> Option<u8> {
        let known = self.states.iter().position(|known| **known == *state);
        let place = known.unwrap_or(self.states.len());
        let place = u8::try_from(place).ok()?;
        if known.is_none() {
            self.states.push(state.into());
        }
        Some(place)
    }
}

/// Each with its key.
fn keyed(guards: &[GuardStats]) -> impl Iterator<Item = (Key, &GuardStats)> {
    let mut seen: HashMap<(GuardKind, &str), u32> = HashMap::new();
    guards.iter().map(move |guard| {
        let number = seen.entry((guard.kind, &guard.name)).or_default();
        *number += 1;
        ((guard.kind, guard.name.clone(), *number), guard)
    })
}

impl Past {
    /// What was in the seconds that have passed; `watched` are as many as that if the last look was not too long ago.
    fn add(&mut self, guard: &GuardStats, state: Option<u8>, watched: Option<u64>, passed: u64) {
        let now = guard.refusals();
        let refused = watched.map_or(f32::NAN, |seconds| now.saturating_sub(self.refusals) as f32 / seconds as f32);
        self.refusals = now;
        // How long it is in its state it knows by itself.
        let held = watched.unwrap_or_else(|| guard.since.map_or(1, |since| since.as_secs() + 1));
        for ago in (0..passed.min(KEPT as u64)).rev() {
            if self.seconds.len() == KEPT {
                self.seconds.pop_front();
            }
            self.seconds.push_back(Second { state: state.filter(|_| ago < held), refused });
        }
    }

    fn told(&self, states: &[Box<str>]) -> Value {
        let known = self.seconds.iter().skip_while(|second| second.state.is_none() && second.refused.is_nan());
        let mut runs: Vec<(Option<u8>, u32)> = Vec::new();
        for second in known.clone() {
            match runs.last_mut().filter(|(state, _)| *state == second.state) {
                Some((_, seconds)) => *seconds += 1,
                None => runs.push((second.state, 1)),
            }
        }
        let word = |state: Option<u8>| state.and_then(|state| states.get(usize::from(state)));
        let runs: Vec<_> = runs.into_iter().map(|(state, seconds)| json!([word(state), seconds])).collect();
        let refused: Vec<_> = known.map(|second| about(second.refused.into())).collect();
        json!({ "states": runs, "refused": refused, "refusals": self.refusals })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker(state: &'static str, since: u64, refused: u64) -> GuardStats {
        GuardStats {
            since: Some(Duration::from_secs(since)),
            refused: vec![("circuit_open".into(), refused)],
            ..GuardStats::new("bank", GuardKind::CircuitBreaker, state)
        }
    }

    /// What is told after looks at such uptimes.
    fn told(looks: &[(f64, GuardStats)]) -> Value {
        let mut watched = Watched::default();
        for (uptime, guard) in looks {
            watched.look(Duration::from_secs_f64(*uptime), std::slice::from_ref(guard));
        }
        watched.told(&[looks[0].1.clone()])[0].clone()
    }

    #[test]
    fn at_first_only_what_the_guard_knows_itself_is_told() {
        let expected = json!({ "states": [["closed", 4]], "refused": [null, null, null, null], "refusals": 90 });
        assert_eq!(told(&[(100.0, breaker("closed", 3, 90))]), expected);
        let limiter = GuardStats::new("mail", GuardKind::RateLimiter, "admitting");
        assert_eq!(told(&[(100.0, limiter)])["states"], json!([["admitting", 1]]));
        let old = told(&[(1000.0, breaker("closed", 900, 0))]);
        assert_eq!(old["states"], json!([["closed", KEPT]]));
    }

    #[test]
    fn each_second_that_is_watched_is_kept() {
        let looks = [
            (9.0, breaker("closed", 0, 5)),
            (10.02, breaker("open", 0, 12)),
            (10.3, breaker("open", 0, 13)),
            (10.98, breaker("open", 1, 20)),
            (13.0, breaker("half_open", 0, 24)),
        ];
        let states = json!([["closed", 1], ["open", 2], ["half_open", 2]]);
        assert_eq!(told(&looks), json!({ "states": states, "refused": [null, 7, 8, 2, 2], "refusals": 24 }));
    }

    #[test]
    fn what_nobody_watched_is_not_made_up() {
        let looks = [(10.0, breaker("closed", 2, 0)), (11.0, breaker("closed", 3, 1)), (21.0, breaker("open", 1, 500))];
        let refused = json!([null, null, null, 1, null, null, null, null, null, null, null, null, null, null]);
        let states = json!([["closed", 4], [null, 8], ["open", 2]]);
        assert_eq!(told(&looks), json!({ "states": states, "refused": refused, "refusals": 500 }));
        let late = [(10.0, breaker("closed", 2, 0)), (5000.0, breaker("open", 1, 500))];
        assert_eq!(told(&late)["states"], json!([["open", 2]]), "a minute is kept, and no more");
    }

    #[test]
    fn guards_of_one_name_are_told_apart_and_those_that_are_gone_are_forgotten() {
        let mut watched = Watched::default();
        for second in 1..100 {
            watched
                .look(Duration::from_secs(second), &[breaker("closed", 0, 2 * second), breaker("open", 0, 3 * second)]);
        }
        let both = watched.told(&[breaker("closed", 0, 0), breaker("open", 0, 0), breaker("open", 0, 0)]);
        assert_eq!((&both[0]["refused"][59], &both[1]["refused"][59], &both[2]), (&json!(2), &json!(3), &Value::Null));
        assert_eq!((&both[0]["states"], both[0]["refused"].as_array().unwrap().len()), (&json!([["closed", 60]]), 60));
        watched.look(Duration::from_secs(100), &[]);
        assert!(watched.guards.is_empty());
    }
}
