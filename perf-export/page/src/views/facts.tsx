// What is known of a function beside its curves, as names and numbers.

import type { ComponentChildren } from "preact";
import { bytes, count, duration, percent, rate } from "../format";
import type { Clause, Detail, Estimate } from "../protocol";
import { Class } from "./functions";

export type Fact = [name: string, value: ComponentChildren, hint?: string];

export function FactList({ facts }: { facts: Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value, hint]) => (
        <div key={name} title={hint}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Facts({ detail }: { detail: Detail }) {
  return (
    <>
      <FactList facts={[...calls(detail), ...durations(detail), ...asked(detail)]} />
      {detail.objective && <Objective clauses={detail.objective} />}
    </>
  );
}

function calls(detail: Detail): Fact[] {
  const facts: Fact[] = [["calls", count(detail.calls), "Since the start, exact"]];
  const ends: [string, number][] = [
    ["errors", detail.errors],
    ["panics", detail.panics],
    ["cancelled", detail.cancelled],
  ];
  for (const [name, number] of ends) if (number > 0) facts.push([name, <span class="bad">{count(number)}</span>]);
  if (detail.in_flight) {
    facts.push(["in flight", `${count(detail.in_flight[0])} of at most ${count(detail.in_flight[1])}`]);
  }
  const share = detail.interval === 1 ? ", all now" : detail.interval === null ? "" : `, 1 in ${count(detail.interval)} now`;
  facts.push(["timed", `${count(detail.samples)}${share}`, "Calls on which durations rest"]);
  if (detail.dropped > 0) facts.push(["lost", <span class="warn">{count(detail.dropped)}</span>, "Timed calls that there was no room for"]);
  const isOther = detail.declared !== null && detail.observed !== null && detail.declared !== detail.observed;
  const hint = "How long calls take, as the attribute declares it and as it is observed";
  facts.push([isOther ? "class: declared → observed" : "class", <Class declared={detail.declared} observed={detail.observed} />, hint]);
  return facts;
}

function durations({ latency, total, own, namesakes, samples }: Detail): Fact[] {
  if (samples === 0) return [];
  const facts: Fact[] = (["p50", "p95", "p99", "p999"] as const).map((name) => {
    const [value, low, high]: Estimate = latency[name];
    return [name === "p999" ? "p99.9" : name, duration(value), `Between ${duration(low)} and ${duration(high)}, 19 times in 20`];
  });
  facts.push(["mean", duration(latency.mean)], ["max", duration(latency.max)], ["total", duration(total)]);
  // Call trees know functions by name: where several have one, they do not say whose time it is.
  if (own !== null && namesakes === 0) facts.push(["self", duration(own), "Of the total, what was not in measured functions below it"]);
  return facts;
}

/** What somebody has asked for, by the attribute or the configuration. */
function asked({ futures, cpu, scheduled, allocations }: Detail): Fact[] {
  const facts: Fact[] = [];
  if (futures) {
    facts.push(["polls", rate(futures.polls), "A future, on average"]);
    facts.push(["in polls", `${duration(futures.busy)}, ${percent(futures.busy_share)}`]);
    if (futures.first_poll !== null) facts.push(["to first poll", duration(futures.first_poll)]);
  }
  if (cpu) facts.push(["computing", `${duration(cpu.mean)}, ${percent(cpu.share)}`], ["waiting", duration(cpu.waiting)]);
  if (scheduled) {
    facts.push(["scheduled after", duration(scheduled.mean), `From being woken to being polled; at most ${duration(scheduled.longest)}`]);
  }
  if (allocations) {
    facts.push(["allocations a call", `${rate(allocations.per_call)}, own ${rate(allocations.own_per_call)}`]);
    facts.push(["bytes a call", `${bytes(allocations.bytes_per_call)}, own ${bytes(allocations.own_bytes_per_call)}`]);
    facts.push(["live bytes, peak", bytes(allocations.peak_live_bytes)]);
  }
  return facts;
}

function Objective({ clauses }: { clauses: Clause[] }) {
  return (
    <ul class="objective" aria-label="Objective">
      {clauses.map((clause) => (
        <li key={clause.name}>
          <span class={clause.burning ? "pill bad" : clause.left < 0 ? "pill warn" : "pill good"}>
            {clause.burning ? "burning" : clause.left < 0 ? "missed" : "kept"}
          </span>{" "}
          {clause.below === null ? "errors" : `${clause.name} below ${duration(clause.below)}`}
          <span class="dim">
            {" "}
            {clause.attained === null ? "no calls" : percent(clause.attained)} of {percent(clause.target)}, budget left{" "}
            {percent(Math.max(0, clause.left))}
          </span>
        </li>
      ))}
    </ul>
  );
}
