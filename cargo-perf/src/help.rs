//! What `--help` says.

pub(crate) const ALL: &str = "\
Looks at programs that perf-runtime measures.

Usage: cargo perf <COMMAND> [OPTIONS]

Commands:
  top     what a running program does, live
  report  a snapshot as a table, Markdown, a page, or JSON
  flame   where the time goes, as a flame graph or folded stacks
  trace   recent calls with all below them, for a trace viewer

Where a command takes an address, it is one of
  127.0.0.1:9898          where the program serves: `perf_export::serve(\"127.0.0.1:9898\")`
  :9898                   the same, on this machine
  http://host:9898/path   likewise, behind a proxy that adds to the path
  1234                    a program of yours on this machine, by its process id
  /run/…/1234.sock        a Unix socket
and where it takes a file, one that `cargo perf report --format json` wrote, or `-` for the standard input.

Options of all commands:
  --token TOKEN   what the program wants to be told; PERF_TOKEN does the same and is in no list of processes
  -h, --help      of a command too: `cargo perf top --help`
  -V, --version
";

pub(crate) const TOP: &str = "\
What a running program does, live: its functions, guards and process.

Usage: cargo perf top [ADDR|SOCKET|PID] [OPTIONS]

Without an address it looks for programs of yours on this machine, attaches to the only one, or asks which.
It takes nothing from the program but a snapshot every second, and follows it when it restarts.

Options:
  --every TIME    how often: `500ms`, `5s`; a second unless told otherwise
  --filter TEXT   only functions whose name has this in it, as with `/`
  --token TOKEN   what the program wants to be told; PERF_TOKEN does the same

Keys:
  ↑ ↓ PgUp PgDn Home End   move          Enter   into the function     Esc   back, or drop the filter
  ← → or 1 to 9            sort by       r       the other way round   /     filter by name
  w                        the time that numbers are of: 1 s, 10 s, 1 min, 5 min, since the start
  Tab or f g p             functions, guards, process
  space                    pause         ? help                        q     quit
";

pub(crate) const REPORT: &str = "\
A snapshot of a program as something to read or to keep.

Usage: cargo perf report FILE|ADDR [OPTIONS]

Options:
  --format FORMAT   table (unless told otherwise), markdown, html (one file, needs no other), json (to be read again)
  --since FILE      only what has happened since this earlier snapshot of the same run
  -o, --out FILE    where to; the standard output unless told otherwise
  --token TOKEN     what the program wants to be told; PERF_TOKEN does the same

Before and after:
  cargo perf report :9898 --format json -o before.json
  cargo perf report :9898 --since before.json
";

pub(crate) const FLAME: &str = "\
Where the time goes, by who called whom: as a flame graph, or as folded stacks for other tools.
The program has to trace calls: `PERF_TREE=true`, or `tree = true` in its configuration.

Usage: cargo perf flame FILE|ADDR [OPTIONS]

Options:
  -o, --out FILE   where to; flame.svg unless told otherwise, and `-` is the standard output
  --folded         folded stacks, in nanoseconds: to the standard output unless told otherwise
  --since FILE     only what has happened since this earlier snapshot of the same run
  --token TOKEN    what the program wants to be told; PERF_TOKEN does the same
";

pub(crate) const TRACE: &str = "\
Recent calls with all that was below them, for a trace viewer.

Usage: cargo perf trace ADDR [OPTIONS]

Options:
  --format FORMAT   chrome (unless told otherwise; for ui.perfetto.dev and chrome://tracing), or speedscope
  -o, --out FILE    where to; trace.json unless told otherwise, and `-` is the standard output
  --seconds N       wait so long, and take the calls of that time; otherwise those that the program has kept
  --token TOKEN     what the program wants to be told; PERF_TOKEN does the same
";
