// One function: how it behaves over time, its slowest calls, whom it calls.

import { change, choose, model, ui } from "../app";
import { data } from "../data";
import { count, duration, names } from "../format";
import type { Detail as Data, Neighbour } from "../protocol";
import { Chart, type Line } from "./chart";
import { Facts } from "./facts";
import { scheme } from "./functions";
import { Heat } from "./heat";
import { Labels } from "./labels";
import { SlowCalls } from "./slowest";
import { type Column, Table } from "./table";

export function Detail() {
  const { detail, missing } = data;
  if (missing !== undefined && missing === ui.selected) {
    return <Panel title={missing}>{<p class="empty">The program knows no such function any more.</p>}</Panel>;
  }
  if (!detail || detail.name !== ui.selected) {
    return <Panel title={ui.selected ?? ""}>{ui.selected && <p class="empty">Asking…</p>}</Panel>;
  }
  const [own, around] = names(detail.name, detail.module);
  return (
    <Panel title={own} under={`${around ? `${around} · ` : ""}${detail.location}`}>
      <Facts detail={detail} />
      <Over detail={detail} />
      <h3>Slowest calls</h3>
      <SlowCalls id="tail" rows={detail.slowest} missed={detail.missed} />
      <Neighbours detail={detail} />
      <Labels detail={detail} />
    </Panel>
  );
}

function Panel({ title, under, children }: { title: string; under?: string; children: preact.ComponentChildren }) {
  return (
    <section class="detail" aria-label={`Function ${title}`}>
      <header>
        <button type="button" class="back" onClick={() => change({ isChosen: false })}>
          ← Functions
        </button>
        <h2 tabIndex={-1}>{title}</h2>
        {under && <p class="under">{under}</p>}
      </header>
      {children}
    </section>
  );
}

const RATE: Line[] = [{ title: "calls/s", color: "rate", isFilled: true }];
const LATENCY: Line[] = [
  { title: "p50", color: "p50" },
  { title: "p99", color: "p99" },
];

/** The last five minutes. */
function Over({ detail }: { detail: Data }) {
  const slices = data.slices.all;
  if (slices.length === 0) return <p class="empty">The first second is not over yet.</p>;
  const { end, reach } = data.slices;
  // A point stands at the middle of its slice.
  const x = slices.map(([begun, span]) => begun + span / 2 - end);
  const timed = (at: 4 | 5) => slices.map((slice) => (slice[7].length === 0 ? null : slice[at]));
  const perSecond = slices.map(([, span, calls]) => calls / span);
  return (
    <>
      <h3>Latency</h3>
      <Heat slices={slices} end={end} reach={reach} label={`How long calls of ${detail.name} took over the last minutes`} scheme={scheme()} />
      <Chart x={x} ys={[timed(4), timed(5)]} lines={LATENCY} reach={reach} unit="time" label="p50 and p99 over time" scheme={scheme()} />
      <h3>Rate</h3>
      <Chart x={x} ys={[perSecond]} lines={RATE} reach={reach} unit="rate" label="calls a second over time" scheme={scheme()} />
    </>
  );
}

const NEIGHBOURS: Column<Neighbour>[] = [
  { id: "name", title: "Function", value: ({ name }) => name ?? "", cell: (row) => <Link name={row.name} />, isText: true },
  { id: "calls", title: "Calls", hint: "An estimate, from traces", value: ({ calls }) => calls, cell: ({ calls }) => count(calls) },
  { id: "total", title: "Total", value: ({ total }) => total, cell: ({ total }) => duration(total) },
  { id: "own", title: "Self", value: ({ own }) => own, cell: ({ own }) => duration(own) },
];

function Neighbours({ detail }: { detail: Data }) {
  const tables: [string, Neighbour[]][] = [
    ["Called by", detail.callers],
    ["Calls into", detail.callees],
  ];
  return (
    <>
      {tables.map(
        ([title, rows]) =>
          rows.length > 0 && (
            <div key={title}>
              <h3>{title}</h3>
              <Table
                id={title}
                label={title}
                rows={rows}
                columns={NEIGHBOURS}
                keyOf={({ name }) => name ?? ""}
                by={{ column: "total", descending: true }}
                empty=""
              />
            </div>
          ),
      )}
    </>
  );
}

/** A function, as a way to it. */
export function Link({ name }: { name: string | null }) {
  if (name === null) return <span class="dim">no measured function</span>;
  const known = model.find(name);
  if (!known) return <span class="name">{name}</span>;
  return (
    <button type="button" class="name link" title={name} onClick={() => choose(name)}>
      {known.own}
    </button>
  );
}
