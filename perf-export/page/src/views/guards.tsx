// What decides whether calls may run: what each does now, and did in the last minute.

import { useEffect, useRef } from "preact/hooks";
import { matches, model, ui } from "../app";
import { amount, count, duration, names, percent, plain, span } from "../format";
import { LENGTH } from "../history";
import { refusals } from "../model";
import type { Guard } from "../protocol";
import { color } from "../theme";
import { scheme } from "./functions";
import { Spark, prepare } from "./spark";
import { type Column, Table } from "./table";

type Mood = "good" | "warn" | "bad" | "plain";

/** How well a state is. */
function mood(state: string): Mood {
  if (/half|forced_closed|disabled|full|limiting/.test(state)) return "warn";
  if (/open|shedding|refus|exhaust/.test(state)) return "bad";
  if (/closed|admitting/.test(state)) return "good";
  return "plain";
}

interface Row {
  key: string;
  guard: Guard;
}

const COLUMNS: Column<Row>[] = [
  { id: "name", title: "Guard", value: ({ guard }) => guard.name, cell: ({ guard }) => <Name guard={guard} />, isText: true },
  { id: "state", title: "State", value: ({ guard }) => guard.state, cell: ({ guard }) => <State guard={guard} />, isText: true },
  {
    id: "history",
    title: "Last minute",
    hint: "Its states: the taller, the worse; below, calls refused in each second",
    value: ({ guard }) => refusals(guard),
    cell: (row) => <Past {...row} />,
    isText: true,
  },
  { id: "admitted", title: "Admitted", value: ({ guard }) => guard.admitted, cell: ({ guard }) => count(guard.admitted) },
  { id: "refused", title: "Refused", value: ({ guard }) => refusals(guard), cell: ({ guard }) => <Refused guard={guard} />, isText: true },
  {
    id: "waited",
    title: "Waited",
    hint: "Calls that had to wait, and how long on average",
    value: ({ guard: { waits, waited } }) => (waits ? waited / waits : null),
    cell: ({ guard: { waits, waited } }) => (waits ? `${count(waits)} × ${duration(waited / waits)}` : <span class="dim">–</span>),
    from: "medium",
  },
  { id: "in_flight", title: "In flight", value: ({ guard }) => guard.in_flight, cell: ({ guard }) => count(guard.in_flight), from: "medium" },
  { id: "numbers", title: "Numbers", hint: "What it goes by, and what it measures", value: () => 0, cell: ({ guard }) => <Numbers guard={guard} />, isText: true, from: "wide" },
];

export function Guards() {
  const list = model.sections.guards;
  const rows = model
    .keyedGuards()
    .map(([key, guard]) => ({ key, guard }))
    .filter(({ guard }) => matches(ui.filter, guard.name, guard.kind, guard.state));
  return (
    <section class="guards" aria-label="Guards">
      <Table id="guards" label="Guards" rows={rows} columns={COLUMNS} keyOf={({ key }) => key} empty="No guard matches." />
      {list && list.more > 0 && <p class="more">{count(list.more)} more guards are not shown.</p>}
      <Since />
    </section>
  );
}

/** From when their past is: nobody writes it down while no page is open. */
function Since() {
  const known = [...model.guards.values()].map(({ refused }) => refused.known);
  const seconds = Math.max(0, ...known);
  if (known.length === 0 || seconds >= LENGTH) return null;
  return (
    <p class="more">
      {seconds === 0 ? "When calls are refused is written down from now on" : `When calls were refused is known of the last ${span(seconds)}`}: while no page
      is open, there are only sums.
    </p>
  );
}

function Name({ guard }: { guard: Guard }) {
  const [own, around] = names(guard.name, "");
  return (
    <>
      <span class="name" title={plain(guard.name)}>
        {own}
      </span>
      <span class="around">{around}</span> <span class="tag">{guard.kind}</span>
    </>
  );
}

function State({ guard }: { guard: Guard }) {
  return (
    <>
      <span class={`pill ${mood(guard.state)}`}>{guard.state.replaceAll("_", " ")}</span>
      {guard.since !== null && <span class="dim"> {span(guard.since)}</span>}
    </>
  );
}

function Past({ guard, ...row }: Row) {
  const past = model.guards.get(row.key);
  if (!past) return null;
  return (
    <span class="past">
      <States states={past.states} name={guard.name} />
      <Spark lines={[{ history: past.refused, color: "bad" }]} label={`refusals of ${guard.name}`} scheme={scheme()} />
    </span>
  );
}

const [WIDTH, HEIGHT] = [72, 10];

/** So that nobody has to tell colours. */
const SHARE: Record<Mood, number> = { good: 0.35, plain: 0.35, warn: 0.65, bad: 1 };

function States({ states, name }: { states: (string | null)[]; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current && prepare(canvas.current, WIDTH, HEIGHT);
    if (!context) return;
    const step = (WIDTH - 2) / (LENGTH - 1);
    states.forEach((state, at) => {
      if (state === null) return;
      const height = HEIGHT * SHARE[mood(state)];
      context.fillStyle = color(mood(state));
      context.fillRect(WIDTH - 1 - (states.length - at) * step, HEIGHT - height, step + 0.5, height);
    });
  });
  const said = inWords(states);
  return <canvas ref={canvas} class="states" role="img" aria-label={`states of ${plain(name)}: ${said}`} title={said} />;
}

/** `closed 40 s, open 1 s, closed 19 s`, as many as are worth reading. */
function inWords(states: (string | null)[]): string {
  const runs: [state: string, seconds: number][] = [];
  for (const state of states) {
    const [word, last] = [state?.replaceAll("_", " ") ?? "unknown", runs.at(-1)];
    if (last?.[0] === word) last[1] += 1;
    else runs.push([word, 1]);
  }
  const told = runs.slice(-6).map(([state, seconds]) => `${state} ${seconds} s`);
  return (runs.length > told.length ? "…, " : "") + told.join(", ");
}

function Refused({ guard }: { guard: Guard }) {
  if (guard.refused.length === 0) return <span class="dim">–</span>;
  const wanted = refusals(guard) + guard.admitted;
  return (
    <span title={`${percent(refusals(guard) / wanted)} of all`}>
      {guard.refused.map(([reason, number]) => `${count(number)} ${reason.replaceAll("_", " ")}`).join(", ")}
    </span>
  );
}

function Numbers({ guard }: { guard: Guard }) {
  return (
    <span class="numbers">
      {guard.numbers.map(([name, value]) => (
        <span key={name}>
          {name.replaceAll("_", " ")} <b>{amount(value, unit(name))}</b>
        </span>
      ))}
    </span>
  );
}

/** Durations are in seconds, rates in calls a second, as `GuardStats` says. */
function unit(name: string): string | null {
  if (/^(max_|min_)?(backoff|timeout|wait|queueing|open)$|^(open_for|ttl|stale_while_revalidate|deadline)$/.test(name)) return "seconds";
  if (/^(failing|slow|budget|load|max_load)$|^(failure|slow)_rate$|^refusing_/.test(name)) return "share";
  return name === "rate" ? "per second" : null;
}
