// The program's own metrics.

import { matches, model, ui } from "../app";
import { NONE, amount, count, plain, rate } from "../format";
import type { Metric } from "../protocol";
import { type Column, Table } from "./table";

const COLUMNS: Column<Metric>[] = [
  { id: "name", title: "Metric", value: ({ name }) => name, cell: (metric) => <Name metric={metric} />, isText: true },
  { id: "kind", title: "Kind", value: ({ kind }) => kind, cell: ({ kind }) => <span class="dim">{kind}</span>, isText: true, from: "medium" },
  { id: "value", title: "Value", hint: "Of histograms, how many values there are", value: ({ value }) => (typeof value === "string" ? null : value), cell: (metric) => value(metric) },
  { id: "rate", title: "Per second", hint: "Over the last ten seconds", value: (metric) => metric.rate, cell: (metric) => rate(metric.rate) },
  { id: "p50", title: "p50", hint: "Over the last ten seconds", value: ({ spread }) => spread?.[0], cell: (metric) => amount(metric.spread?.[0], metric.unit), from: "medium" },
  { id: "p99", title: "p99", value: ({ spread }) => spread?.[1], cell: (metric) => amount(metric.spread?.[1], metric.unit) },
  { id: "range", title: "Low – high", hint: "Over the last ten seconds", value: ({ range, spread }) => range?.[1] ?? spread?.[2], cell: (metric) => <Range metric={metric} />, from: "medium" },
];

function value({ kind, value, unit }: Metric): string {
  if (typeof value === "string") return value.replace("inf", "∞").replace("-", "−");
  return kind === "gauge" ? amount(value, unit) : count(value);
}

export function Metrics() {
  const list = model.sections.metrics;
  const rows = (list?.rows ?? []).filter(({ name, labels, description }) => matches(ui.filter, name, description, ...labels.flat()));
  return (
    <section aria-label="Metrics">
      <Table id="metrics" label="Metrics" rows={rows} columns={COLUMNS} keyOf={keyOf} empty="No metric matches." />
      {list && list.more > 0 && <p class="more">{count(list.more)} more metrics are not shown.</p>}
    </section>
  );
}

function keyOf({ name, labels, kind, other }: Metric): string {
  return [name, kind, other, ...labels.flat()].join("\n");
}

function Name({ metric }: { metric: Metric }) {
  return (
    <span title={metric.description ?? undefined}>
      <span class="name">{plain(metric.name)}</span>
      {metric.labels.map(([key, value]) => (
        <span key={key} class="tag">
          {plain(key)}={plain(value)}
        </span>
      ))}
      {metric.other && <span class="tag">(other)</span>}
    </span>
  );
}

function Range({ metric }: { metric: Metric }) {
  if (metric.range) return <>{`${amount(metric.range[0], metric.unit)} – ${amount(metric.range[1], metric.unit)}`}</>;
  if (metric.spread) return <>{`max ${amount(metric.spread[2], metric.unit)}`}</>;
  return <span class="dim">{NONE}</span>;
}
