//! What `--help` says: nobody should need to read anything else.

pub(crate) const ALL: &str = "\
Looks at programs that perf-runtime measures.

Usage: cargo perf <COMMAND> [OPTIONS]

Commands:
  top        what a running program does, live
  report     a snapshot as a table, Markdown, a page, or JSON
  flame      where the time goes, as a flame graph or folded stacks
  trace      recent calls with all below them, for a trace viewer
  rules      recording and alerting rules for Prometheus
  dashboard  a dashboard for Grafana
  help       this, or `cargo perf help top`

Where a command takes an address, it is one of
  127.0.0.1:9898         where `perf_export::serve(\"127.0.0.1:9898\")` serves
  :9898                  the same, on this machine
  http://host:9898/path  likewise, behind a proxy that adds to the path
  1234                   a program of yours on this machine, by its process id
  /run/…/1234.sock       a local socket
and where it takes a file, one that `cargo perf report --format json`,
`PERF_SNAPSHOT_FILE` or `write_snapshot` wrote; `-` is the standard input.

Options of all commands:
  --token TOKEN  the one that the program serves with; PERF_TOKEN does the
                 same, and is seen in no list of processes
  -h, --help     of a command too: `cargo perf top --help`
  -V, --version
";

pub(crate) const TOP: &str = "\
What a running program does, live: its functions, guards, queues, locks,
metrics, and the process.

Usage: cargo perf top [ADDR|SOCKET|PID] [OPTIONS]

Without an address it looks for programs of yours on this machine that serve a
local socket, attaches to the only one, or asks which. It takes no more than a
snapshot every second, and follows the program when that restarts.

Options:
  --every TIME   how often: `500ms`, `5s`; a second unless told otherwise
  --filter TEXT  only functions whose name has this in it, as with `/`
  --timing       ends with the first screen that has numbers, and says how many
                 milliseconds after its start that was drawn
  --token TOKEN  the one that the program serves with, or PERF_TOKEN

Keys:
  ↑ ↓ PgUp PgDn Home End  move           Enter  look into a function
  ← →, or 1 to 9          sort by        r      the other way round
  /                       filter         Esc    back, or drop the filter
  w                       numbers of 1 s, 10 s, 1 min, 5 min, since the start
  Tab, or f g u l m p     functions, guards, queues, locks, metrics, process
  space                   pause          ? help           q quit
";

pub(crate) const REPORT: &str = "\
A snapshot of a program as something to read or to keep.

Usage: cargo perf report FILE|ADDR [OPTIONS]

Options:
  --format FORMAT  table     for a terminal; so it is unless told otherwise
                   markdown  for an issue or a pull request
                   html      a page in one file, which needs no network
                   json      the snapshot itself, to be read again
  --since FILE     only what has happened since this snapshot of the same run
  -o, --out FILE   where to; the standard output unless told otherwise
  --token TOKEN    the one that the program serves with, or PERF_TOKEN

What happens in a minute:
  cargo perf report :9898 --format json -o before.json; sleep 60
  cargo perf report :9898 --since before.json
";

pub(crate) const FLAME: &str = "\
Where the time goes, by who called whom: a flame graph, or folded stacks for
other tools. The program has to trace calls: `PERF_TREE=true`, or `tree = true`
in its configuration.

Usage: cargo perf flame FILE|ADDR [OPTIONS]

Options:
  -o, --out FILE  where to; `flame.svg` unless told otherwise, `-` is the
                  standard output
  --folded        folded stacks, of nanoseconds; to the standard output unless
                  told otherwise
  --since FILE    only what has happened since this snapshot of the same run
  --token TOKEN   the one that the program serves with, or PERF_TOKEN
";

pub(crate) const TRACE: &str = "\
Recent calls with all that was below them, for a trace viewer. The program keeps
traces from the first time that it is asked for them, for a minute; always with
`PERF_TRACES=100`, or `traces = 100` in its configuration.

Usage: cargo perf trace ADDR [OPTIONS]

Options:
  --format FORMAT  chrome      for ui.perfetto.dev and chrome://tracing; so it
                               is unless told otherwise
                   speedscope  for www.speedscope.app
  -o, --out FILE   where to; `trace.json` unless told otherwise, `-` is the
                   standard output
  --seconds N      only calls that begin in the next N seconds, for speedscope
                   with the tree of that time; otherwise it is all that has been
                   kept, or the first that there is
  --token TOKEN    the one that the program serves with, or PERF_TOKEN
";

pub(crate) const RULES: &str = "\
Rules for Prometheus, made for what a program has: rates, shares of errors and
quantiles to be recorded, and alerts for objectives that burn, breakers that are
open, samples that are dropped, and measuring beyond its budget.

Usage: cargo perf rules FILE|ADDR [OPTIONS]

Options:
  -o, --out FILE   where to; the standard output unless told otherwise
  --token TOKEN    the one that the program serves with, or PERF_TOKEN

  cargo perf rules :9898 -o perf.rules.yml; promtool check rules perf.rules.yml
";

pub(crate) const DASHBOARD: &str = "\
A dashboard for Grafana's import, made for what a program has.

Usage: cargo perf dashboard FILE|ADDR [OPTIONS]

Options:
  -o, --out FILE   where to; the standard output unless told otherwise
  --token TOKEN    the one that the program serves with, or PERF_TOKEN
";
