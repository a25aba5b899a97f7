//! Scopes against a tree of calls that is walked.

use proptest::prelude::*;

use super::counters::{Amount, Counters, Saved, Taken};

#[derive(Clone, Debug)]
enum Step {
    Allocate(usize),
    /// So much, whoever allocated it.
    Free(usize),
    Enter,
    Leave,
    /// Leaves a call that turned out to be none.
    Withdraw,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..5_000_usize).prop_map(Step::Allocate),
        3 => (0..5_000_usize).prop_map(Step::Free),
        3 => Just(Step::Enter),
        3 => Just(Step::Leave),
        1 => Just(Step::Withdraw),
    ];
    prop::collection::vec(step, 0..200)
}

/// A call: all that happened in it, in order.
#[derive(Default)]
struct Call {
    events: Vec<Event>,
}

enum Event {
    /// Bytes that came; negative where they went.
    Memory {
        bytes: i64,
        is_new: bool,
    },
    Call(Call),
    /// One that was withdrawn.
    None(Call),
}

impl Call {
    fn walk(&self, each: &mut dyn FnMut(i64, bool)) {
        for event in &self.events {
            match event {
                Event::Memory { bytes, is_new } => each(*bytes, *is_new),
                Event::Call(call) | Event::None(call) => call.walk(each),
            }
        }
    }

    fn all(&self) -> Amount {
        let mut all = Amount::default();
        self.walk(&mut |bytes, is_new| {
            if is_new {
                all = all.plus(Amount { count: 1, bytes: bytes as u64 });
            }
        });
        all
    }

    /// What was allocated in calls inside.
    fn nested(&self) -> Amount {
        self.events.iter().fold(Amount::default(), |sum, event| match event {
            Event::Memory { .. } => sum,
            Event::Call(call) => sum.plus(call.all()),
            Event::None(call) => sum.plus(call.nested()),
        })
    }

    fn taken(&self) -> Taken {
        let (mut live, mut peak) = (0, 0);
        self.walk(&mut |bytes, _| {
            live += bytes;
            peak = peak.max(live);
        });
        Taken { all: self.all(), own: self.all().minus(self.nested()), live, peak }
    }
}

/// Of each call that ended, in the order of their ends: what the counters say, and what the tree does.
fn run(steps: &[Step]) -> Vec<(Taken, Taken)> {
    let counters = Counters::new();
    let mut open: Vec<(Saved, Call)> = Vec::new();
    let mut ended = Vec::new();
    for step in steps {
        match step {
            // As the allocator does it.
            Step::Allocate(size) if counters.is_open() => counters.allocated(*size),
            Step::Free(size) if counters.is_open() => counters.freed(*size),
            Step::Enter => open.push((counters.enter(), Call::default())),
            Step::Allocate(_) | Step::Free(_) | Step::Leave | Step::Withdraw => {}
        }
        match (step, open.last_mut()) {
            (Step::Allocate(size), Some((_, call))) => {
                call.events.push(Event::Memory { bytes: *size as i64, is_new: true });
            }
            (Step::Free(size), Some((_, call))) => {
                call.events.push(Event::Memory { bytes: -(*size as i64), is_new: false });
            }
            (Step::Leave | Step::Withdraw, Some(_)) => {
                let (saved, call) = open.pop().expect("there is one");
                let is_call = matches!(step, Step::Leave);
                let taken = counters.leave(&saved, is_call);
                ended.push((taken, call.taken()));
                if let Some((_, outer)) = open.last_mut() {
                    outer.events.push(if is_call { Event::Call(call) } else { Event::None(call) });
                }
            }
            _ => {}
        }
    }
    ended
}

proptest! {
    #[test]
    fn scopes_count_what_a_walk_over_the_tree_of_calls_does(steps in steps()) {
        for (counted, walked) in run(&steps) {
            prop_assert_eq!(counted, walked);
        }
    }
}

#[test]
fn scopes_that_were_never_left_do_not_upset_those_around_them() {
    let counters = Counters::new();
    let outer = counters.enter();
    counters.allocated(10);
    let _jumped_out_of = counters.enter();
    counters.allocated(5);
    let taken = counters.leave(&outer, true);
    assert_eq!(taken.all, Amount { count: 2, bytes: 15 });
    assert_eq!((taken.own, taken.peak), (taken.all, 15));
    assert!(!counters.is_open());
}
