//! A dashboard for Grafana.

use perf_core::Snapshot;
use serde_json::{Value, json};

use super::Options;

/// What a panel's numbers are, as Grafana calls it.
#[derive(Clone, Copy)]
enum Unit {
    PerSecond,
    Share,
    Seconds,
    Bytes,
    Number,
}

/// A dashboard for Grafana, as the JSON that its import takes: rates, failures, quantiles and a heat map of durations of the
/// functions that are chosen, and of what there is in the snapshot: objectives, guards, queues, locks, allocations. The
/// process, and what measuring costs, are always there.
///
/// It asks for a data source of Prometheus, and reads what [`render`](super::render) writes, classic histograms.
///
/// ```
/// let json = perf_export::prometheus::dashboard(&perf_runtime::snapshot());
/// assert!(json.contains("perf_function_calls_total"));
/// ```
#[must_use]
pub fn dashboard(snapshot: &Snapshot) -> String {
    dashboard_with(snapshot, &Options::default())
}

/// The same for what is [rendered](super::render_with) with such options.
#[must_use]
pub fn dashboard_with(snapshot: &Snapshot, options: &Options) -> String {
    let prefix = options.prefix();
    let mut board = Board { prefix, panels: Vec::new(), x: 0, y: 0 };
    functions(&mut board);
    if snapshot.functions().iter().any(|function| function.objective().is_some()) {
        objectives(&mut board);
    }
    if !snapshot.guards().is_empty() {
        guards(&mut board);
    }
    waits(snapshot, &mut board);
    resources(snapshot, &mut board);
    profiler(&mut board);
    let Board { prefix, panels, .. } = board;
    let build = format!("{prefix}build_info");
    let functions = format!("{prefix}function_calls_total{{job=~\"$job\"}}");
    let dashboard = json!({
        "title": "Functions (perf)",
        "uid": "perf-functions",
        "tags": ["perf"],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "30s",
        "time": { "from": "now-1h", "to": "now" },
        "templating": { "list": [
            { "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus" },
            variable("job", "Job", &format!("label_values({build}, job)")),
            variable("function", "Function", &format!("label_values({functions}, function)")),
        ] },
        "panels": panels,
    });
    format!("{dashboard:#}\n")
}

fn variable(name: &str, label: &str, query: &str) -> Value {
    json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": source(),
        "query": { "query": query, "refId": name },
        "refresh": 2,
        "sort": 1,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "current": { "text": "All", "value": "$__all" },
    })
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// What is chosen, as matchers.
const CHOSEN: &str = r#"job=~"$job",function=~"$function""#;

fn functions(board: &mut Board) {
    let rate = |metric: &str, by: &str| format!("sum by ({by}) (rate({metric}{{{CHOSEN}}}[$__rate_interval]))");
    let calls = rate("perf_function_calls_total", "function");
    let failed = ["errors", "panics"].map(|what| rate(&format!("perf_function_{what}_total"), "function")).join(" + ");
    board.row("Functions");
    board.lines("Calls", Unit::PerSecond, &[(&calls, "{{function}}")]);
    board.lines("Failed calls", Unit::Share, &[(&format!("({failed}) / ({calls} > 0)"), "{{function}}")]);
    let spent = rate("perf_function_duration_seconds_sum", "function");
    board.lines("Time in calls, a second (1 is one at a time)", Unit::Number, &[(&spent, "{{function}}")]);
    let buckets = rate("perf_function_duration_seconds_bucket", "function, le");
    for (q, title) in [("0.5", "Median duration"), ("0.95", "95th percentile"), ("0.99", "99th percentile")] {
        board.lines(title, Unit::Seconds, &[(&format!("histogram_quantile({q}, {buckets})"), "{{function}}")]);
    }
    board.heat_map("Durations", &rate("perf_function_duration_seconds_bucket", "le"));
    let running = format!("sum by (function) (perf_function_in_flight{{{CHOSEN}}})");
    board.lines("In flight, where it is asked for", Unit::Number, &[(&running, "{{function}}")]);
}

fn objectives(board: &mut Board) {
    board.row("Objectives");
    let legend = "{{function}} {{objective}}";
    let left = format!("min by (function, objective) (perf_objective_budget_left_ratio{{{CHOSEN}}})");
    board.lines("Error budget left since the start", Unit::Share, &[(&left, legend)]);
    for (title, long, short) in
        [("Burning (1 h and 5 min)", "1h", "5m"), ("Burning slowly (6 h and 30 min)", "6h", "30m")]
    {
        let rate =
            |window| format!("max by (function, objective) (perf_objective_burn_rate{{{CHOSEN},window=\"{window}\"}})");
        board.lines(
            title,
            Unit::Number,
            &[(&rate(long), &format!("{legend} {long}")), (&rate(short), &format!("{legend} {short}"))],
        );
    }
    let burning = format!("max by (function, objective) (perf_objective_burning{{{CHOSEN}}}) > 0");
    board.lines("Somebody should look", Unit::Number, &[(&burning, legend)]);
}

fn guards(board: &mut Board) {
    board.row("Guards");
    let state = r#"max by (guard, kind, state) (perf_guard_state{job=~"$job"}) == 1"#;
    board.lines("What guards are doing", Unit::Number, &[(state, "{{kind}} {{guard}} {{state}}")]);
    let open = r#"max by (guard) (perf_guard_state{job=~"$job",kind="circuit_breaker",state=~"open|forced_open"})"#;
    board.lines("Breakers that are open", Unit::Number, &[(open, "{{guard}}")]);
    let refused = r#"sum by (guard, reason) (rate(perf_guard_refused_total{job=~"$job"}[$__rate_interval]))"#;
    board.lines("Refused calls", Unit::PerSecond, &[(refused, "{{guard}} {{reason}}")]);
    let admitted = r#"sum by (guard, kind) (rate(perf_guard_admitted_total{job=~"$job"}[$__rate_interval]))"#;
    board.lines("Admitted calls", Unit::PerSecond, &[(admitted, "{{kind}} {{guard}}")]);
}

fn waits(snapshot: &Snapshot, board: &mut Board) {
    let p99 = |metric: &str, by: &str| {
        format!(
            "histogram_quantile(0.99, sum by ({by}, le) (rate({metric}_bucket{{job=~\"$job\"}}[$__rate_interval])))"
        )
    };
    if !snapshot.queues().is_empty() {
        board.row("Queues");
        let depth = r#"sum by (queue) (perf_queue_depth{job=~"$job"})"#;
        board.lines("Items in queues", Unit::Number, &[(depth, "{{queue}}")]);
        let wait = p99("perf_queue_wait_seconds", "queue");
        board.lines("Under way, 99th percentile", Unit::Seconds, &[(&wait, "{{queue}}")]);
    }
    if !snapshot.locks().is_empty() {
        board.row("Locks");
        let contended = r#"sum by (lock) (rate(perf_lock_contended_total{job=~"$job"}[$__rate_interval]))"#;
        board.lines("Waits for locks", Unit::PerSecond, &[(contended, "{{lock}}")]);
        let wait = p99("perf_lock_wait_seconds", "lock");
        board.lines("How long, 99th percentile", Unit::Seconds, &[(&wait, "{{lock}}")]);
    }
}

fn resources(snapshot: &Snapshot, board: &mut Board) {
    board.row("Process");
    let cpu = r#"rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])"#;
    board.lines("Processors' worth of CPU time", Unit::Number, &[(cpu, "{{instance}}")]);
    let memory = r#"process_resident_memory_bytes{job=~"$job"}"#;
    board.lines("Memory", Unit::Bytes, &[(memory, "{{instance}}")]);
    if snapshot.functions().iter().any(|function| function.allocations().is_some()) {
        let bytes =
            format!("sum by (function) (rate(perf_function_own_allocated_bytes_total{{{CHOSEN}}}[$__rate_interval]))");
        board.lines("Bytes allocated a second", Unit::Bytes, &[(&bytes, "{{function}}")]);
    }
}

fn profiler(board: &mut Board) {
    board.row("Measuring");
    board.lines(
        "CPU time of measuring, and its budget",
        Unit::Share,
        &[
            (r#"perf_overhead_budgeted_ratio{job=~"$job"}"#, "{{instance}} sampling and aggregating"),
            (r#"perf_overhead_ratio{job=~"$job"}"#, "{{instance}} with counting"),
            (r#"perf_overhead_budget_ratio{job=~"$job"}"#, "{{instance}} budget"),
        ],
    );
    let dropped =
        format!("sum by (function) (rate(perf_function_dropped_samples_total{{{CHOSEN}}}[$__rate_interval]))");
    board.lines("Timings that were lost", Unit::PerSecond, &[(&dropped, "{{function}}")]);
    let sampling = format!("min by (function) (perf_function_sampling_ratio{{{CHOSEN}}})");
    board.lines("Calls that are timed", Unit::Share, &[(&sampling, "{{function}}")]);
}

/// Panels so far, and where the next one goes.
struct Board {
    prefix: String,
    panels: Vec<Value>,
    x: u32,
    y: u32,
}

/// Of a panel, in the units of Grafana's grid, which is 24 wide.
const WIDTH: u32 = 8;
const HEIGHT: u32 = 8;

impl Board {
    fn row(&mut self, title: &str) {
        if self.x > 0 {
            (self.x, self.y) = (0, self.y + HEIGHT);
        }
        let id = self.panels.len() + 1;
        let place = json!({ "x": 0, "y": self.y, "w": 24, "h": 1 });
        let row =
            json!({ "id": id, "type": "row", "title": title, "collapsed": false, "gridPos": place, "panels": [] });
        self.panels.push(row);
        self.y += 1;
    }

    fn lines(&mut self, title: &str, unit: Unit, queries: &[(&str, &str)]) {
        let unit = match unit {
            Unit::PerSecond => "ops",
            Unit::Share => "percentunit",
            Unit::Seconds => "s",
            Unit::Bytes => "bytes",
            Unit::Number => "short",
        };
        let more = json!({ "fieldConfig": { "defaults": { "unit": unit }, "overrides": [] } });
        self.panel("timeseries", title, queries, "time_series", more);
    }

    fn heat_map(&mut self, title: &str, query: &str) {
        // Of these options Grafana's own type wants all but a few.
        let more = json!({ "options": {
            "calculate": false,
            "cellGap": 0,
            "color": {
                "mode": "scheme",
                "scheme": "Oranges",
                "scale": "exponential",
                "exponent": 0.5,
                "steps": 64,
                "fill": "dark-orange",
                "reverse": false,
            },
            "exemplars": { "color": "rgba(255,0,255,0.7)" },
            "filterValues": { "le": 1e-9 },
            "legend": { "show": true },
            "showValue": "never",
            "tooltip": { "mode": "single", "yHistogram": false },
            "yAxis": { "axisPlacement": "left", "unit": "s" },
        } });
        self.panel("heatmap", title, &[(query, "{{le}}")], "heatmap", more);
    }

    fn panel(&mut self, kind: &str, title: &str, queries: &[(&str, &str)], format: &str, more: Value) {
        let targets = queries.iter().enumerate().map(|(at, (query, legend))| {
            json!({
                "refId": char::from(b'A' + at as u8).to_string(),
                "datasource": source(),
                "expr": query.replace("perf_", &self.prefix),
                "legendFormat": legend,
                "format": format,
            })
        });
        let mut panel = json!({
            "id": self.panels.len() + 1,
            "type": kind,
            "title": title,
            "datasource": source(),
            "gridPos": { "x": self.x, "y": self.y, "w": WIDTH, "h": HEIGHT },
            "targets": targets.collect::<Vec<_>>(),
        });
        if let (Value::Object(panel), Value::Object(more)) = (&mut panel, more) {
            panel.extend(more);
        }
        self.panels.push(panel);
        self.x += WIDTH;
        if self.x >= 24 {
            (self.x, self.y) = (0, self.y + HEIGHT);
        }
    }
}
