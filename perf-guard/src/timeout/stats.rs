use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::__guard::duration;
use perf_core::{GuardKind, GuardStats};

use super::{Timeout, builder};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::lock;
use crate::registry::Handle;
use crate::rejected::Reason;
use crate::steer::{Key, Steer};

impl Timeout {
    /// What it is doing, and what it has done, exact. Calls that it stopped had been admitted: they are among both.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let core = &*self.0;
        let doing = if self.is_adaptive() { "adaptive" } else { "fixed" };
        let mut stats = GuardStats::new(core.name.get(), GuardKind::Timeout, doing);
        // In this order, so that none has ended that has not begun.
        let ended = core.ended.get();
        stats.admitted = core.begun.get();
        stats.in_flight = Some(stats.admitted.saturating_sub(ended));
        let timed_out = core.timed_out.load(Relaxed);
        if timed_out > 0 {
            stats.refused.push((Reason::TimedOut.as_str().into(), timed_out));
        }
        let mut number = |name: &'static str, number: f64| stats.numbers.push((name.into(), number));
        number("timeout", self.timeout().as_secs_f64());
        if self.is_adaptive() {
            let rule = *lock(&core.rule);
            number("min_timeout", Duration::from_nanos(rule.min).as_secs_f64());
            number("max_timeout", Duration::from_nanos(rule.max).as_secs_f64());
            number("quantile", rule.quantile);
            number("headroom", rule.headroom);
        }
        stats
    }
}

const KEYS: &[Key] = &[
    Key { name: "timeout", form: "a duration such as `250ms`, or `adaptive`" },
    Key { name: "min_timeout", form: "a duration such as `1ms`: the timeout adapts, and is never shorter" },
    Key { name: "max_timeout", form: "a duration such as `30s`: the timeout adapts, and is never longer" },
    Key { name: "quantile", form: "a share of calls such as `0.99`, which the timeout follows" },
    Key { name: "headroom", form: "a number such as `2`: how many times as long the timeout is as that share takes" },
];

impl Steer for Timeout {
    fn stats(&self) -> GuardStats {
        self.stats()
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        let wrong = || GuardError::wrong(KEYS, key, value);
        let time = || duration(value).ok_or_else(wrong);
        let number = || value.parse::<f64>().map_err(|_| wrong());
        match key {
            "timeout" if value == "adaptive" => self.change_rule(|_| ()),
            "timeout" => self.set_timeout(time()?),
            "min_timeout" => {
                let min = builder::nanos_of(key, time()?)?;
                self.change_rule(|rule| rule.min = min)
            }
            "max_timeout" => {
                let max = builder::nanos_of(key, time()?)?;
                self.change_rule(|rule| rule.max = max)
            }
            "quantile" => {
                let quantile = number()?;
                self.change_rule(|rule| rule.quantile = quantile)
            }
            "headroom" => {
                let headroom = number()?;
                self.change_rule(|rule| rule.headroom = headroom)
            }
            _ => Err(wrong()),
        }
    }
}

impl Handle for Timeout {
    const KIND: GuardKind = GuardKind::Timeout;

    fn name(&self) -> Name {
        self.0.name
    }
}
