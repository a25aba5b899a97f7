// The process and its threads, how well it is, and what measuring it costs.

import { matches, model, ui } from "../app";
import { bytes, count, duration, percent, rate, span } from "../format";
import type { Health, Overhead, Process as Data, Thread } from "../protocol";
import { type Fact, FactList } from "./facts";
import { type Column, Table } from "./table";

export function Process() {
  const { process, overhead, health } = model.sections;
  return (
    <section aria-label="Process" class="process">
      <div class="cards">
        {health && <HealthCard health={health} />}
        {overhead && <OverheadCard overhead={overhead} />}
        {process && <ProcessCard process={process} />}
      </div>
      {process ? <Threads process={process} /> : <p class="empty">Nothing more is known of the process: <code>perf_runtime::process::start</code> asks for it.</p>}
    </section>
  );
}

function HealthCard({ health }: { health: Health }) {
  return (
    <article class="card">
      <h2 class="section">Health</h2>
      <p class={`figure ${tone(health.status)}`}>
        {health.score}
        <span class="dim"> of 100 · {health.status}</span>
      </p>
      {health.reasons.length === 0 && <p class="dim">Nothing takes points off.</p>}
      <ul class="reasons">
        {health.reasons.map(({ text, severity, points }) => (
          <li key={text}>
            <span class={severity === "critical" ? "bad" : severity === "warning" ? "warn" : "dim"}>−{points}</span> {text}
          </li>
        ))}
      </ul>
    </article>
  );
}

export function tone(status: Health["status"]): string {
  return { healthy: "good", degraded: "warn", unhealthy: "bad" }[status];
}

/** What of the budget is used; of a program that does next to nothing, next to nothing may well be a large share. */
export function used({ budget, of_budget: spent, sampling, aggregating }: Overhead) {
  const share = budget && spent !== null ? spent / budget : 0;
  const ofProcessor = (sampling + aggregating) / (model.at * 1e6 || 1);
  return { share, ofProcessor, isIdle: share > 1 && ofProcessor <= (budget ?? 0) };
}

function OverheadCard({ overhead }: { overhead: Overhead }) {
  const { budget, of_budget: spent } = overhead;
  const { share, ofProcessor, isIdle } = used(overhead);
  const isOver = share > 1 && !isIdle;
  const of = (micros: number) => (overhead.process ? ` · ${percent(micros / overhead.process)}` : "");
  const facts: Fact[] = [
    ["counting", `${duration(overhead.counting)}${of(overhead.counting)}`, "Not part of the budget"],
    ["sampling", `${duration(overhead.sampling)}${of(overhead.sampling)}`, "CPU time that callers spent on samples and traces"],
    ["aggregating", `${duration(overhead.aggregating)}${of(overhead.aggregating)}`, "CPU time of the background thread"],
    ["exporting", `${duration(overhead.exporting)}${of(overhead.exporting)}`, "CPU time of the endpoint, this page included"],
    ["CPU time of all", duration(overhead.process)],
    ["samples lost", count(overhead.dropped)],
  ];
  return (
    <article class="card">
      <h2 class="section">What measuring costs</h2>
      <p class={`figure ${isOver ? "warn" : ""}`}>
        {percent(spent)}
        <span class="dim">{budget === null ? " · no budget" : ` of a budget of ${percent(budget)}`}</span>
        {isOver && <span class="dim">{` · ${rate(share)} times as much`}</span>}
      </p>
      {isIdle && <p class="dim">The program does next to nothing: this is {percent(ofProcessor)} of a processor.</p>}
      {budget !== null && (
        <span class="meter large" role="meter" aria-label="budget used" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.min(100, Math.round(share * 100))}>
          <span style={{ width: `${Math.min(100, share * 100)}%` }} class={isOver ? "over" : ""} />
        </span>
      )}
      <FactList facts={facts} />
    </article>
  );
}

function ProcessCard({ process }: { process: Data }) {
  const both = ([a, b]: [number, number]) => a + b;
  const of = (value: string, limit: number | null | undefined, show: (limit: number) => string) => (limit == null ? value : `${value} of ${show(limit)}`);
  const known: (Fact | false)[] = [
    process.memory !== null && ["memory limit", `${bytes(process.memory[0])} of ${bytes(process.memory[1])}`, "Of the control group, or else of the machine"],
    ["resident", `${bytes(process.resident)}, peak ${bytes(process.peak_resident)}`],
    ["open files", of(count(process.files[0]), process.files[1], count)],
    ["threads", count(process.thread_count)],
    ["switches", `${count(process.switches[0])} given, ${count(process.switches[1])} taken`, "Times that threads gave their processor away, or had it taken"],
    ["major faults", count(process.faults)],
    process.load !== null && ["load", process.load.map(rate).join(" / "), "Of the machine, over one, five and fifteen minutes"],
    process.throttled !== null && ["throttled", percent(process.throttled), "Periods in which the quota of CPU time was used up"],
    process.pressure.some((share) => share !== null) && ["pressure", process.pressure.map(percent).join(" / "), "Time in which some task waited for a processor, memory, a disk"],
  ];
  return (
    <article class="card">
      <h2 class="section">Process {model.about?.process}</h2>
      <p class="figure">
        {process.cpu ? percent(both(process.cpu)) : "–"}
        <span class="dim"> of a processor{process.processors !== null && `, of ${rate(process.processors)}`} · up {span(model.at)}</span>
      </p>
      <FactList facts={known.filter((fact) => fact !== false)} />
    </article>
  );
}

const COLUMNS: Column<Thread>[] = [
  { id: "name", title: "Thread", value: ({ name }) => name, cell: ({ name }) => <span class="name">{name}</span>, isText: true },
  {
    id: "cpu",
    title: "CPU",
    hint: "Of a processor",
    value: ({ cpu }) => cpu && cpu[0] + cpu[1],
    cell: ({ cpu }) => (
      <span class="meter-cell">
        <span class="meter" aria-hidden="true">
          <span style={{ width: `${Math.min(100, cpu ? (cpu[0] + cpu[1]) * 100 : 0)}%` }} />
        </span>
        <span>{cpu ? percent(cpu[0] + cpu[1]) : "–"}</span>
      </span>
    ),
  },
  { id: "system", title: "In kernel", value: ({ cpu }) => cpu?.[1], cell: ({ cpu }) => percent(cpu?.[1]), from: "medium" },
  { id: "state", title: "State", value: ({ state }) => state, isText: true },
  { id: "delay", title: "Kept waiting", hint: "Time in which it could have run and no processor was free", value: ({ delay }) => delay, cell: ({ delay }) => duration(delay), from: "medium" },
  { id: "given", title: "Gave way", value: ({ switches }) => switches[0], cell: ({ switches }) => count(switches[0]), from: "wide" },
  { id: "taken", title: "Was made to", value: ({ switches }) => switches[1], cell: ({ switches }) => count(switches[1]), from: "wide" },
  { id: "id", title: "Id", value: ({ id }) => id, cell: ({ id }) => <span class="dim">{id}</span>, from: "wide" },
];

function Threads({ process }: { process: Data }) {
  const rows = process.threads.filter(({ name, state }) => matches(ui.filter, name, state));
  const [others, cpu] = process.other_threads;
  return (
    <>
      <h2 class="section">Threads</h2>
      <Table id="threads" label="Threads" rows={rows} columns={COLUMNS} keyOf={({ id }) => id} by={{ column: "cpu", descending: true }} empty="No thread matches." />
      {others > 0 && <p class="more">{`${count(others)} more threads, together ${percent(cpu)} of a processor.`}</p>}
    </>
  );
}
