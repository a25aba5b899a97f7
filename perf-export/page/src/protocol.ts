// What the program sends. `perf-export/src/page/` is the other side. Durations are microseconds.

export type Described = [id: number, name: string, module: string, file: string, line: number, declared: number | null];

export interface About {
  instance: string;
  program: string | null;
  process: number;
  clock: string;
  columns: string[];
}

export interface List<T> {
  rows: T[];
  more: number;
}

export interface Guard {
  name: string;
  kind: string;
  state: string;
  since: number | null;
  admitted: number;
  refused: [reason: string, count: number][];
  waits: number;
  waited: number;
  in_flight: number | null;
  numbers: [name: string, value: number | null][];
}

export interface Durations {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

export interface Queue {
  name: string;
  kind: string;
  queues: number;
  capacity: number | null;
  depth: number;
  peak: number;
  sent: number;
  received: number;
  refused: number;
  discarded: number;
  wait: Durations;
  send_wait: Durations;
  receive_wait: Durations;
  waiting: [senders: number, receivers: number];
}

export interface Lock {
  name: string;
  kind: string;
  locks: number;
  acquired: number;
  rate: number;
  contended: number;
  refused: number;
  wait: Durations;
  hold: Durations;
  held: number;
  waiting: number;
}

export interface Metric {
  name: string;
  labels: [key: string, value: string][];
  other: boolean;
  unit: string | null;
  description: string | null;
  kind: "counter" | "gauge" | "histogram";
  /** Or what it is instead: `NaN`, `inf`. */
  value: number | string | null;
  rate?: number;
  range?: [low: number, high: number];
  spread?: [p50: number, p99: number, max: number];
}

export interface Thread {
  name: string;
  id: number;
  state: string;
  cpu: [user: number, system: number] | null;
  delay: number | null;
  switches: [voluntary: number | null, involuntary: number | null];
  faults: number;
}

export interface Process {
  cpu: [user: number, system: number] | null;
  processors: number | null;
  throttled: number | null;
  resident: number | null;
  peak_resident: number | null;
  memory: [used: number, limit: number] | null;
  faults: number | null;
  switches: [voluntary: number | null, involuntary: number | null];
  files: [open: number | null, limit: number | null];
  pressure: [cpu: number | null, memory: number | null, io: number | null];
  load: [number, number, number] | null;
  thread_count: number | null;
  threads: Thread[];
  other_threads: [count: number, cpu: number];
}

export interface Overhead {
  budget: number | null;
  spent: number | null;
  of_budget: number | null;
  counting: number;
  sampling: number;
  aggregating: number;
  exporting: number;
  process: number | null;
  dropped: number;
}

export interface Reason {
  severity: "info" | "warning" | "critical";
  subject: string;
  text: string;
  points: number;
}

export interface Health {
  score: number;
  status: "healthy" | "degraded" | "unhealthy";
  reasons: Reason[];
}

export interface SlowCall {
  at: number;
  took: number;
  outcome: "ok" | "error" | "panicked" | "cancelled";
  thread: string;
  parent: string | null;
  span: string | null;
  trace: string | null;
  captured: string | null;
}

/** Which function it is. */
export interface Place {
  name: string;
  module: string;
  /** `file:line`. */
  location: string;
}

export interface Sections {
  guards: List<Guard>;
  queues: List<Queue>;
  locks: List<Lock>;
  metrics: List<Metric>;
  process: Process | null;
  overhead: Overhead;
  health: Health;
  slowest: (SlowCall & Place)[];
}

export interface Frame extends Partial<Sections> {
  /** One more than that of the frame before; a full one has that of the last. */
  n: number;
  at: number;
  full?: About;
  more: number;
  rows: (number | null)[][];
  new?: Described[];
  gone?: number[];
  past?: [id: number, slices: Past[]][];
  /** Of each guard, in their order. */
  watched?: (Watched | null)[];
}

/** What a guard did in the last minute, as far as some page was open, or it knows by itself; the oldest first. */
export interface Watched {
  states: [state: string | null, seconds: number][];
  /** In each second; null if it is not known. */
  refused: (number | null)[];
  /** Up to then, since the program began. */
  refusals: number;
}

/** What happened before the page was opened; the span in seconds. */
export type Past = [span: number, rate: number, p50: number | null, p99: number | null];

export type Slice = [
  begun: number,
  span: number,
  calls: number,
  errors: number,
  p50: number,
  p99: number,
  max: number,
  buckets: [from: number, to: number, calls: number][],
];

export type Estimate = [value: number, low: number, high: number];

export interface Neighbour {
  name: string | null;
  calls: number;
  total: number;
  own: number;
}

export interface Label {
  key: string;
  value: string;
  other: boolean;
  calls: number;
  errors: number;
  rate: number;
  p50: number;
  p99: number;
  total: number;
}

export interface Clause {
  name: string;
  below: number | null;
  target: number;
  attained: number | null;
  left: number;
  burn: [hour: number, six_hours: number];
  burning: boolean;
}

export interface Detail extends Place {
  at: number;
  /** Other functions of this name. */
  namesakes: number;
  declared: number | null;
  observed: number | null;
  calls: number;
  errors: number;
  panics: number;
  cancelled: number;
  samples: number;
  dropped: number;
  interval: number | null;
  total: number;
  own: number | null;
  in_flight: [now: number, peak: number] | null;
  latency: { min: number; mean: number; max: number; p50: Estimate; p95: Estimate; p99: Estimate; p999: Estimate };
  slices: Slice[];
  slowest: SlowCall[];
  missed: number;
  callers: Neighbour[];
  callees: Neighbour[];
  labels: Label[];
  more_labels: number;
  objective: Clause[] | null;
  futures: { busy: number; polls: number; first_poll: number | null; busy_share: number } | null;
  cpu: { share: number; mean: number; waiting: number } | null;
  scheduled: { mean: number; share: number; longest: number } | null;
  allocations: {
    per_call: number;
    bytes_per_call: number;
    own_per_call: number;
    own_bytes_per_call: number;
    peak_live_bytes: number;
  } | null;
}

export type TreeNode = [parent: number, name: number, calls: number, total: number, own: number];

export interface Tree {
  at: number;
  traces: number;
  dropped: number;
  left_out: number;
  names: string[];
  nodes: TreeNode[];
}
