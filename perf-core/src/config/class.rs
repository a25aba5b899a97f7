use std::time::Duration;

use crate::callsite::Workload;

/// What is expected of the functions of one workload class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Class {
    /// A call takes less than this.
    pub below: Duration,
    /// The longest that the interval between samples grows by itself, before the controller has
    /// seen how often a function runs.
    pub first_interval: u32,
    /// Samples a second, relative to other classes, where not all calls can be timed.
    pub priority: f64,
}

/// The four workload classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classes {
    /// Less than a millisecond.
    pub micro: Class,
    /// Less than ten milliseconds.
    pub light: Class,
    /// Less than a hundred milliseconds.
    pub medium: Class,
    /// Longer.
    pub heavy: Class,
}

impl Classes {
    /// The class of a function; undeclared ones are taken for the shortest, which run most often.
    pub(crate) fn of(&self, workload: Option<Workload>) -> &Class {
        match workload {
            None | Some(Workload::Micro) => &self.micro,
            Some(Workload::Light) => &self.light,
            Some(Workload::Medium) => &self.medium,
            Some(Workload::Heavy) => &self.heavy,
        }
    }

    /// The class that a duration belongs to.
    #[must_use]
    pub fn classify(&self, duration: Duration) -> Workload {
        if duration < self.micro.below {
            Workload::Micro
        } else if duration < self.light.below {
            Workload::Light
        } else if duration < self.medium.below {
            Workload::Medium
        } else {
            Workload::Heavy
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let classes =
            [("micro", &self.micro), ("light", &self.light), ("medium", &self.medium), ("heavy", &self.heavy)];
        for (name, class) in &classes {
            if class.first_interval == 0 || class.first_interval > 1 << 20 {
                return Err(format!(
                    "`{name}.first_interval` is {}, and must be from 1 to 1048576",
                    class.first_interval
                ));
            }
            if !(class.priority > 0.0 && class.priority.is_finite()) {
                return Err(format!("`{name}.priority` is {}, and must be more than 0", class.priority));
            }
        }
        if !classes.is_sorted_by(|a, b| a.1.below < b.1.below) {
            return Err("each class must end above the one before: `micro.below` < `light.below` < `medium.below` < `heavy.below`".to_owned());
        }
        Ok(())
    }
}

impl Default for Classes {
    fn default() -> Self {
        let class =
            |millis, first_interval, priority| Class { below: Duration::from_millis(millis), first_interval, priority };
        Self {
            micro: class(1, 256, 1.0),
            light: class(10, 16, 2.0),
            medium: class(100, 2, 4.0),
            heavy: class(1000, 1, 8.0),
        }
    }
}
