// One function: how it behaves over time, its slowest calls, whom it calls.

import { change, choose, chooseNamed, model, ui } from "../app";
import { data, keyOfDetail } from "../data";
import { count, duration, names, plain } from "../format";
import { type Func, functionKey } from "../model";
import type { Detail as Data, Neighbour, Place } from "../protocol";
import { Asking } from "./asking";
import { Chart, type Line } from "./chart";
import { Facts } from "./facts";
import { scheme } from "./functions";
import { Heat } from "./heat";
import { Labels } from "./labels";
import { SlowCalls } from "./slowest";
import { type Column, Table } from "./table";

export function Detail() {
  const { detail, missing } = data;
  if (ui.selected === undefined) return null;
  if (missing !== undefined && missing === ui.selected) {
    return (
      <Panel of={missing}>
        <p class="empty">The program knows no such function any more.</p>
      </Panel>
    );
  }
  if (!detail || keyOfDetail() !== ui.selected) {
    return (
      <Panel of={ui.selected}>
        <Asking />
      </Panel>
    );
  }
  return (
    <Panel of={ui.selected}>
      <Facts detail={detail} />
      <Over detail={detail} />
      <h3>Slowest calls</h3>
      <SlowCalls id="tail" rows={detail.slowest} missed={detail.missed} />
      <Neighbours detail={detail} />
      <Labels detail={detail} />
    </Panel>
  );
}

function Panel({ of, children }: { of: string; children: preact.ComponentChildren }) {
  const [name = "", module = "", location = ""] = of.split("\n");
  const [title, around] = names(name, module);
  const under = [around, location].filter(Boolean).join(" · ");
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
  { id: "name", title: "Function", value: ({ name }) => name ?? "", cell: (row) => <NameLink name={row.name} />, isText: true },
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
      {detail.namesakes > 0 && tables.some(([, rows]) => rows.length > 0) && (
        <p class="more">
          Call trees know functions by name: what follows is of all {count(detail.namesakes + 1)} that are named like this.
        </p>
      )}
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
export function Link({ place }: { place: Place }) {
  const key = functionKey(place);
  const known = model.find(key);
  if (!known) return <span class="name">{plain(place.name)}</span>;
  return (
    <button type="button" class="name link" title={`${plain(known.name)}\n${known.location}`} onClick={() => choose(key)}>
      {known.own}
      <Distinction func={known} />
    </button>
  );
}

/** A function of which only the name is known: several may have it. */
export function NameLink({ name }: { name: string | null }) {
  if (name === null) return <span class="dim">no measured function</span>;
  const [known, ...others] = model.named(name);
  if (!known) return <span class="name">{plain(name)}</span>;
  return (
    <button type="button" class="name link" title={plain(name)} onClick={() => chooseNamed(name)}>
      {known.own}
      {others.length > 0 && <span class="tag">{others.length + 1} of this name</span>}
    </button>
  );
}

/** Where it is, if its name does not say which it is. */
export function Distinction({ func }: { func: Func }) {
  const said = model.distinction(func);
  return said === undefined ? null : <span class="tag">{said}</span>;
}
