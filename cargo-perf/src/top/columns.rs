//! The columns of the table of functions: what they show and what they are sorted by.

use std::time::Duration;

use perf_core::__text::{average, count, duration};
use perf_core::{FunctionStats, Snapshot, Window};

/// The time that numbers are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Window(Window),
    Start,
}

impl Span {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Window(Window::Shortest) => Self::Window(Window::Short),
            Self::Window(Window::Short) => Self::Window(Window::Long),
            Self::Window(Window::Long) => Self::Window(Window::Longest),
            Self::Window(Window::Longest) => Self::Start,
            Self::Start => Self::Window(Window::Shortest),
        }
    }
}

/// What happened to a function in that time.
pub(super) struct Numbers {
    pub(super) rate: f64,
    pub(super) calls: u64,
    pub(super) errors: u64,
    /// None where no call of that time was timed.
    pub(super) times: Option<[Duration; 5]>,
    /// Time in it, all threads together, as a share of the time that passed.
    pub(super) busy: f64,
}

/// Places in [`Numbers::times`].
pub(super) const MEAN: usize = 0;
pub(super) const P50: usize = 1;
const P95: usize = 2;
pub(super) const P99: usize = 3;
const MAX: usize = 4;

impl Numbers {
    pub(super) fn of(stats: &FunctionStats, snapshot: &Snapshot, span: Span) -> Self {
        let window = match span {
            Span::Window(window) => stats.window(window),
            Span::Start => return Self::since_the_start(stats, snapshot),
        };
        let times = [window.mean, window.p50, window.p95, window.p99, window.max];
        Self {
            rate: window.rate,
            calls: window.calls,
            errors: window.errors,
            times: (window.samples > 0).then_some(times),
            busy: window.busy_share,
        }
    }

    fn since_the_start(stats: &FunctionStats, snapshot: &Snapshot) -> Self {
        let (latency, seconds) = (stats.latency(), snapshot.uptime().as_secs_f64().max(f64::MIN_POSITIVE));
        let times = [latency.mean(), latency.p50(), latency.p95(), latency.p99(), latency.max()];
        let polling = stats.futures().map_or(1.0, |futures| futures.busy_share);
        Self {
            rate: stats.calls() as f64 / seconds,
            calls: stats.calls(),
            errors: stats.errors() + stats.panics(),
            times: (stats.samples() > 0).then_some(times),
            busy: stats.total().as_secs_f64() * polling / seconds,
        }
    }

    fn time(&self, which: usize) -> f64 {
        self.times.map_or(-1.0, |times| times[which].as_secs_f64())
    }

    fn error_share(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.errors as f64 / self.calls as f64 }
    }
}

pub(super) struct Column {
    pub(super) head: &'static str,
    pub(super) width: usize,
    /// Which go first where the terminal is narrow: the highest do; 0 stays.
    expendable: u8,
    /// What is sorted by, the highest first; the name has none.
    key: fn(&FunctionStats, &Numbers) -> f64,
    pub(super) cell: fn(&FunctionStats, &Numbers) -> String,
}

/// The first and the last are drawn in their own ways.
pub(super) const NAME: usize = 0;
pub(super) const TREND: usize = COLUMNS.len() - 1;

pub(super) const COLUMNS: [Column; 14] = [
    Column { head: "function", width: 20, expendable: 0, key: |_, _| 0.0, cell: |f, _| f.name().to_owned() },
    Column { head: "calls/s", width: 8, expendable: 0, key: |_, n| n.rate, cell: |_, n| average(n.rate) },
    Column {
        head: "errors",
        width: 7,
        expendable: 0,
        key: |_, n| n.errors as f64,
        cell: |_, n| if n.errors == 0 { String::new() } else { count(n.errors) },
    },
    Column {
        head: "err %",
        width: 6,
        expendable: 2,
        key: |_, n| n.error_share(),
        cell: |_, n| if n.errors == 0 { String::new() } else { average(n.error_share() * 100.0) },
    },
    Column { head: "mean", width: 8, expendable: 3, key: |_, n| n.time(MEAN), cell: |_, n| told(n, MEAN) },
    Column { head: "p50", width: 8, expendable: 0, key: |_, n| n.time(P50), cell: |_, n| told(n, P50) },
    Column { head: "p95", width: 8, expendable: 5, key: |_, n| n.time(P95), cell: |_, n| told(n, P95) },
    Column { head: "p99", width: 8, expendable: 0, key: |_, n| n.time(P99), cell: |_, n| told(n, P99) },
    Column { head: "max", width: 8, expendable: 4, key: |_, n| n.time(MAX), cell: |_, n| told(n, MAX) },
    Column { head: "busy", width: 8, expendable: 0, key: |_, n| n.busy, cell: |_, n| share(n.busy) },
    Column {
        head: "self",
        width: 8,
        expendable: 6,
        key: |f, _| f.own().map_or(-1.0, |own| own.as_secs_f64()),
        cell: |f, _| f.own().map_or_else(String::new, duration),
    },
    Column {
        head: "flying",
        width: 7,
        expendable: 7,
        key: |f, _| f.in_flight().map_or(-1.0, |flight| flight.now as f64),
        cell: |f, _| f.in_flight().map_or_else(String::new, |flight| count(flight.now)),
    },
    Column { head: "calls", width: 7, expendable: 1, key: |f, _| f.calls() as f64, cell: |f, _| count(f.calls()) },
    Column {
        head: "trend",
        width: 10,
        expendable: 0,
        key: |f, _| f.throughput_series().trend,
        cell: |f, _| arrow(f.throughput_series().trend).to_owned(),
    },
];

fn told(numbers: &Numbers, which: usize) -> String {
    numbers.times.map_or_else(|| "-".to_owned(), |times| duration(times[which]))
}

pub(super) fn share(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// Which way something moves, of −1 to 1.
pub(super) fn arrow(trend: f64) -> &'static str {
    match trend {
        t if t > 0.6 => "↑",
        t if t > 0.2 => "↗",
        t if t < -0.6 => "↓",
        t if t < -0.2 => "↘",
        _ => "→",
    }
}

/// What is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: usize,
    /// The lowest first, or of names, Z.
    pub(super) is_reversed: bool,
}

impl Default for Order {
    /// Those first that take most.
    fn default() -> Self {
        let busy = COLUMNS.iter().position(|column| column.head == "busy").unwrap_or(NAME);
        Self { column: busy, is_reversed: false }
    }
}

pub(super) fn sort(functions: &mut Vec<&FunctionStats>, snapshot: &Snapshot, span: Span, order: Order) {
    let key = COLUMNS[order.column].key;
    let mut keyed: Vec<(f64, &FunctionStats)> = Vec::with_capacity(functions.len());
    for function in functions.drain(..) {
        keyed.push((key(function, &Numbers::of(function, snapshot, span)), function));
    }
    keyed.sort_by(|(a, one), (b, other)| {
        let by_name = one.name().cmp(other.name());
        match (order.column, order.is_reversed) {
            (NAME, false) => by_name,
            (NAME, true) => by_name.reverse(),
            (_, false) => b.total_cmp(a).then(by_name),
            (_, true) => a.total_cmp(b).then(by_name),
        }
    });
    functions.extend(keyed.into_iter().map(|(_, function)| function));
}

/// The columns that there is room for, in their order, and the room for names. What is sorted by stays.
pub(super) fn fitting(width: usize, order: Order) -> (Vec<usize>, usize) {
    let mut shown: Vec<usize> = (0..COLUMNS.len()).collect();
    loop {
        let taken: usize = shown.iter().skip(1).map(|at| COLUMNS[*at].width + 1).sum();
        let room = width.saturating_sub(taken);
        let rank = |at: &usize| if *at == order.column { 0 } else { COLUMNS[*at].expendable };
        let highest = shown.iter().map(rank).max().unwrap_or(0);
        // As long as columns can go, names have the room that most of them need.
        if highest == 0 || room >= 40 {
            return (shown, room.max(8));
        }
        shown.retain(|at| rank(at) != highest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sorted_by_is_shown_however_narrow_it_gets() {
        for (column, sorted) in COLUMNS.iter().enumerate() {
            let (shown, _) = fitting(80, Order { column, is_reversed: false });
            assert!(shown.contains(&column), "{}", sorted.head);
        }
        assert_eq!(fitting(200, Order::default()).0.len(), COLUMNS.len());
        let heads: Vec<_> = fitting(80, Order::default()).0.iter().map(|at| COLUMNS[*at].head).collect();
        assert_eq!(heads, ["function", "calls/s", "errors", "p50", "p99", "busy", "trend"]);
    }
}
