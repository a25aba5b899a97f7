// The calls of a function by the values of its labels.

import { count, duration, percent, plain, rate } from "../format";
import type { Detail, Label } from "../protocol";
import { type Column, Table } from "./table";

const COLUMNS: Column<Label>[] = [
  { id: "value", title: "Value", value: ({ value }) => value, cell: (row) => <Value label={row} />, isText: true },
  { id: "rate", title: "Calls/s", value: ({ rate }) => rate, cell: (row) => rate(row.rate) },
  { id: "calls", title: "Calls", value: ({ calls }) => calls, cell: (row) => count(row.calls) },
  {
    id: "errors",
    title: "Failed",
    value: ({ calls, errors }) => errors / calls,
    cell: ({ calls, errors }) => (errors ? <span class="bad">{percent(errors / calls)}</span> : <span class="dim">–</span>),
  },
  { id: "p50", title: "p50", value: ({ p50 }) => p50, cell: (row) => duration(row.p50) },
  { id: "p99", title: "p99", value: ({ p99 }) => p99, cell: (row) => duration(row.p99) },
  { id: "total", title: "Total", value: ({ total }) => total, cell: (row) => duration(row.total) },
];

export function Labels({ detail }: { detail: Detail }) {
  const keys = [...new Set(detail.labels.map(({ key }) => key))];
  return (
    <>
      {keys.map((key) => (
        <div key={key}>
          <h3>By {key}</h3>
          <Table
            id="labels"
            label={`Calls by ${key}`}
            rows={detail.labels.filter((label) => label.key === key)}
            columns={COLUMNS}
            keyOf={({ value, other }) => (other ? "\0" : value)}
            empty=""
          />
        </div>
      ))}
      {detail.more_labels > 0 && <p class="more">{count(detail.more_labels)} more values are not shown.</p>}
    </>
  );
}

function Value({ label }: { label: Label }) {
  return label.other ? <span class="dim">{plain(label.value)}</span> : <code>{plain(label.value)}</code>;
}
