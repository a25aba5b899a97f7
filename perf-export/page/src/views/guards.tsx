// What decides whether calls may run: what each does now, and did in the last minute.

import { useEffect, useRef } from "preact/hooks";
import { matches, model, ui } from "../app";
import { count, duration, names, percent, rate, span } from "../format";
import { guardKey, refusals } from "../model";
import type { Guard } from "../protocol";
import { LENGTH } from "../history";
import { color } from "../theme";
import { scheme } from "./functions";
import { Spark, prepare } from "./spark";
import { type Column, Table } from "./table";

/** How well a state is. */
function mood(state: string): "good" | "warn" | "bad" | "plain" {
  if (/half/.test(state)) return "warn";
  if (/open|shedding|refus|exhaust/.test(state)) return "bad";
  if (/closed|admitting/.test(state)) return "good";
  return "plain";
}

const COLUMNS: Column<Guard>[] = [
  { id: "name", title: "Guard", value: ({ name }) => name, cell: (guard) => <Name guard={guard} />, isText: true },
  { id: "state", title: "State", value: ({ state }) => state, cell: (guard) => <State guard={guard} />, isText: true },
  { id: "history", title: "Last minute", hint: "Its states, and refusals a second", value: refusals, cell: (guard) => <Past guard={guard} />, isText: true },
  { id: "admitted", title: "Admitted", value: ({ admitted }) => admitted, cell: ({ admitted }) => count(admitted) },
  { id: "refused", title: "Refused", value: refusals, cell: (guard) => <Refused guard={guard} />, isText: true },
  {
    id: "waited",
    title: "Waited",
    hint: "Calls that had to wait, and how long on average",
    value: ({ waits, waited }) => (waits ? waited / waits : null),
    cell: ({ waits, waited }) => (waits ? `${count(waits)} × ${duration(waited / waits)}` : <span class="dim">–</span>),
    from: "medium",
  },
  { id: "in_flight", title: "In flight", value: (guard) => guard.in_flight, cell: (guard) => count(guard.in_flight), from: "medium" },
  { id: "numbers", title: "Numbers", value: () => 0, cell: (guard) => <Numbers guard={guard} />, isText: true, from: "wide" },
];

export function Guards() {
  const list = model.sections.guards;
  const rows = (list?.rows ?? []).filter((guard) => matches(ui.filter, guard.name, guard.kind, guard.state));
  return (
    <section aria-label="Guards">
      <Table id="guards" label="Guards" rows={rows} columns={COLUMNS} keyOf={guardKey} empty="No guard matches." />
      {list && list.more > 0 && <p class="more">{count(list.more)} more guards are not shown.</p>}
    </section>
  );
}

function Name({ guard }: { guard: Guard }) {
  const [own, around] = names(guard.name, "");
  return (
    <>
      <span class="name" title={guard.name}>
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

function Past({ guard }: { guard: Guard }) {
  const past = model.guards.get(guardKey(guard));
  if (!past) return null;
  return (
    <span class="past">
      <States states={past.state} label={`states of ${guard.name}`} />
      <Spark lines={[{ history: past.refused, color: "bad" }]} label={`refusals of ${guard.name}`} scheme={scheme()} />
    </span>
  );
}

const [WIDTH, HEIGHT] = [72, 8];

function States({ states, label }: { states: string[]; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current && prepare(canvas.current, WIDTH, HEIGHT);
    if (!context) return;
    const step = (WIDTH - 2) / (LENGTH - 1);
    states.forEach((state, at) => {
      context.fillStyle = color(mood(state));
      context.fillRect(WIDTH - 1 - (states.length - at) * step, 0, step + 0.5, HEIGHT);
    });
  });
  return <canvas ref={canvas} class="states" role="img" aria-label={label} />;
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
  return <span class="numbers">{guard.numbers.map(([name, value]) => `${name.replaceAll("_", " ")} ${rate(value)}`).join(" · ")}</span>;
}
