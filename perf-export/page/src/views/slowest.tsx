// Calls that took longest, with what they said of their arguments.

import { matches, model, ui } from "../app";
import { count, duration, plain, span } from "../format";
import type { Place, SlowCall } from "../protocol";
import { Link, NameLink } from "./detail";
import { type Column, Table } from "./table";

type Row = SlowCall & Partial<Place>;

const COLUMNS: Column<Row>[] = [
  { id: "took", title: "Took", value: ({ took }) => took, cell: ({ took }) => duration(took) },
  { id: "function", title: "Function", value: ({ name }) => name, cell: (call) => isPlaced(call) && <Link place={call} />, isText: true },
  {
    id: "captured",
    title: "Arguments",
    hint: "Those that the attribute captures",
    value: ({ captured }) => captured,
    cell: ({ captured }) => (captured === null ? <span class="dim">–</span> : <code>{plain(captured)}</code>),
    isText: true,
  },
  { id: "outcome", title: "Ended", value: ({ outcome }) => outcome, cell: (row) => <Outcome outcome={row.outcome} />, isText: true },
  { id: "ago", title: "Ago", hint: "When it began", value: ({ at }) => -at, cell: ({ at }) => span(Math.max(0, model.at - at)) },
  { id: "thread", title: "Thread", value: ({ thread }) => thread, isText: true, from: "medium" },
  { id: "parent", title: "Within", hint: "The timed call around it", value: ({ parent }) => parent, cell: (row) => <Within call={row} />, isText: true, from: "medium" },
];

export function SlowCalls({ id, rows, missed = 0 }: { id: string; rows: Row[]; missed?: number }) {
  const isOfAll = rows.some(({ name }) => name !== undefined);
  return (
    <>
      <Table
        id={id}
        label="Slowest calls"
        rows={rows}
        columns={isOfAll ? COLUMNS : COLUMNS.filter(({ id }) => id !== "function")}
        keyOf={(call) => `${call.name} ${call.location} ${call.at} ${call.took} ${call.thread}`}
        by={{ column: "took", descending: true }}
        empty={ui.filter && isOfAll ? "No slow call matches." : "No call is known to have been slow."}
      />
      {missed > 0 && <p class="more">{count(missed)} more may have been as slow, and were not written down.</p>}
    </>
  );
}

export function Slowest() {
  const rows = (model.sections.slowest ?? []).filter((call) =>
    matches(ui.filter, call.name, call.captured, call.outcome, call.thread, call.parent),
  );
  return (
    <section aria-label="Slowest calls">
      <p class="lead">The calls of all functions that took longest in the last five minutes, of those that were timed.</p>
      <SlowCalls id="slowest" rows={rows} />
    </section>
  );
}

function isPlaced(call: Row): call is SlowCall & Place {
  return call.name !== undefined;
}

function Outcome({ outcome }: { outcome: SlowCall["outcome"] }) {
  return outcome === "ok" ? <span class="dim">ok</span> : <span class="bad">{outcome}</span>;
}

function Within({ call }: { call: SlowCall }) {
  return (
    <>
      {call.parent !== null ? <NameLink name={call.parent} /> : call.span === null && <span class="dim">–</span>}
      {call.span !== null && <span class="dim"> span {plain(call.span)}</span>}
      {call.trace !== null && <code title={call.trace}> {call.trace.slice(0, 8)}</code>}
    </>
  );
}
