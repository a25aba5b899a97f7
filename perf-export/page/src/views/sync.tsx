// Queues and locks: how full, how long waited for.

import { matches, model, ui } from "../app";
import { count, duration, percent, rate } from "../format";
import type { Durations, List, Lock, Queue } from "../protocol";
import { type Column, Table } from "./table";

function waits<T>(id: string, title: string, hint: string, of: (row: T) => Durations): Column<T>[] {
  const value = (which: "p50" | "p99") => (row: T) => (of(row).count === 0 ? null : of(row)[which]);
  const cell = (which: "p50" | "p99") => (row: T) => {
    const known = value(which)(row);
    return known === null ? <span class="dim">–</span> : duration(known);
  };
  return [
    { id: `${id}50`, title: `${title} p50`, hint, value: value("p50"), cell: cell("p50"), from: "medium" },
    { id: `${id}99`, title: "p99", hint, value: value("p99"), cell: cell("p99") },
  ];
}

const QUEUES: Column<Queue>[] = [
  { id: "name", title: "Queue", value: ({ name }) => name, cell: (queue) => <Name {...queue} number={queue.queues} />, isText: true },
  { id: "depth", title: "Depth", hint: "Items in it now, of as many as fit", value: ({ depth }) => depth, cell: (queue) => <Depth queue={queue} /> },
  { id: "peak", title: "Peak", value: ({ peak }) => peak, cell: ({ peak }) => count(peak) },
  { id: "sent", title: "In/s", hint: "Over the last ten seconds", value: ({ sent }) => sent, cell: ({ sent }) => rate(sent) },
  { id: "received", title: "Out/s", value: ({ received }) => received, cell: ({ received }) => rate(received) },
  ...waits("wait", "Under way", "From being sent to being received", (queue: Queue) => queue.wait),
  ...waits("send", "Senders wait", "For room, each time that they had to", (queue: Queue) => queue.send_wait),
  { id: "waiting", title: "Waiting", hint: "Senders and receivers that wait now", value: ({ waiting: [a, b] }) => a + b, cell: ({ waiting: [a, b] }) => `${a} / ${b}`, from: "medium" },
  { id: "lost", title: "Refused", hint: "And discarded, because nobody received any more", value: ({ refused, discarded }) => refused + discarded, cell: ({ refused, discarded }) => `${count(refused)} / ${count(discarded)}`, from: "wide" },
];

const LOCKS: Column<Lock>[] = [
  { id: "name", title: "Lock", value: ({ name }) => name, cell: (lock) => <Name {...lock} number={lock.locks} />, isText: true },
  { id: "rate", title: "Taken/s", hint: "Over the last ten seconds", value: ({ rate }) => rate, cell: (lock) => rate(lock.rate) },
  {
    id: "contended",
    title: "Contended",
    hint: "Share of those that had to wait, over the last ten seconds",
    value: ({ contended }) => contended,
    cell: ({ contended }) => (contended ? <span class={contended > 0.1 ? "warn" : ""}>{percent(contended)}</span> : <span class="dim">–</span>),
  },
  ...waits("wait", "Wait", "How long those waited who had to", (lock: Lock) => lock.wait),
  ...waits("hold", "Hold", "How long it was held", (lock: Lock) => lock.hold),
  { id: "held", title: "Held", hint: "Now", value: ({ held }) => held, cell: ({ held }) => count(held), from: "medium" },
  { id: "waiting", title: "Waiting", hint: "Now", value: ({ waiting }) => waiting, cell: ({ waiting }) => count(waiting), from: "medium" },
  { id: "taken", title: "Taken", hint: "Since the start, exact", value: ({ acquired }) => acquired, cell: ({ acquired }) => count(acquired), from: "wide" },
];

export function Queues() {
  return <Rows id="queues" label="Queues" list={model.sections.queues} columns={QUEUES} />;
}

export function Locks() {
  return <Rows id="locks" label="Locks" list={model.sections.locks} columns={LOCKS} />;
}

interface Props<T> {
  id: string;
  label: string;
  list: List<T> | undefined;
  columns: Column<T>[];
}

function Rows<T extends { name: string; kind: string }>({ id, label, list, columns }: Props<T>) {
  const rows = (list?.rows ?? []).filter(({ name, kind }) => matches(ui.filter, name, kind));
  return (
    <section aria-label={label}>
      <Table id={id} label={label} rows={rows} columns={columns} keyOf={keyOf} empty={`No ${label.toLowerCase()} match.`} />
      {list && list.more > 0 && <p class="more">{count(list.more)} more are not shown.</p>}
    </section>
  );
}

function keyOf(row: { name: string; kind: string; capacity?: number | null }): string {
  return `${row.name}\n${row.kind}\n${row.capacity}`;
}

function Name({ name, kind, number }: { name: string; kind: string; number: number }) {
  return (
    <>
      <span class="name">{name}</span> <span class="tag">{kind}</span>
      {number !== 1 && <span class="dim"> × {count(number)}</span>}
    </>
  );
}

function Depth({ queue }: { queue: Queue }) {
  const room = queue.capacity === null ? null : queue.capacity * Math.max(1, queue.queues);
  const share = room ? queue.depth / room : 0;
  return (
    <span class="meter-cell">
      {room !== null && (
        <span class="meter" aria-hidden="true">
          <span style={{ width: `${Math.min(100, share * 100)}%` }} class={share > 0.8 ? "over" : ""} />
        </span>
      )}
      <span>
        {count(queue.depth)}
        {room !== null && <span class="dim"> of {count(room)}</span>}
      </span>
    </span>
  );
}
