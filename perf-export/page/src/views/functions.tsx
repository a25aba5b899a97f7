// All functions, those that cost most first.

import { change, choose, matches, model, ui } from "../app";
import { CLASSES, NONE, className, count, duration, percent, plain, rate } from "../format";
import type { Func } from "../model";
import { isDark } from "../theme";
import { Detail, Distinction } from "./detail";
import { Spark } from "./spark";
import { type Column, Table, sorted } from "./table";

/** Each second a thousand rows would keep a browser busy, and nobody reads them. */
const MOST = 250;

const BY = { column: "busy", descending: true };

const value = (column: string) => (func: Func) => func.values[column];

/** Call trees know functions by name: where several have one, they do not say whose time it is. */
function own(func: Func): number | null {
  return model.named(func.name).length > 1 ? null : (func.values["own"] ?? null);
}

const COLUMNS: Column<Func>[] = [
  { id: "name", title: "Function", value: (func) => func.own, cell: (func) => <Name func={func} />, isText: true },
  {
    id: "busy",
    title: "Busy",
    hint: "Time in it during the last minute, all threads together: 100 % is one thread's worth",
    value: (func) => (func.values["busy"] ?? 0) + (func.values["total"] ?? 0) * 1e-18,
    cell: (func) => <Busy func={func} />,
  },
  {
    id: "rate",
    title: "Calls/s",
    hint: "Over the last ten seconds; the line, each second of the last minute",
    value: value("rate_short"),
    cell: (func) => (
      <span class="with-spark">
        <Spark lines={[{ history: func.rate, color: "rate" }]} label={`rate of ${func.own}`} scheme={scheme()} />
        <span>{rate(func.values["rate_short"])}</span>
      </span>
    ),
  },
  { id: "p50", title: "p50", hint: "Median of the last ten seconds", value: value("p50_short"), cell: time("p50_short"), from: "medium" },
  {
    id: "p99",
    title: "p99",
    hint: "99th percentile of the last ten seconds; the lines, p50 and p99 of each second",
    value: value("p99_short"),
    cell: (func) => (
      <span class="with-spark">
        <Spark
          lines={[
            { history: func.p99, color: "p99" },
            { history: func.p50, color: "p50" },
          ]}
          label={`p50 and p99 of ${func.own}`}
          scheme={scheme()}
          isLog
        />
        <span>{duration(func.values["p99_short"])}</span>
      </span>
    ),
  },
  {
    id: "failing",
    title: "Failing",
    hint: "Calls that ended with an error or a panic, of those in the last ten seconds",
    value: value("failing"),
    cell: (func) => (func.values["failing"] ? <span class="bad">{percent(func.values["failing"])}</span> : <Zero />),
    from: "medium",
  },
  { id: "calls", title: "Calls", hint: "Since the start, exact", value: value("calls"), cell: (func) => count(func.values["calls"]), from: "medium" },
  { id: "total", title: "Total", hint: "Time in it since the start", value: value("total"), cell: time("total"), from: "wide" },
  { id: "own", title: "Self", hint: "Of the total, what was not in measured functions below it", value: own, cell: (func) => duration(own(func)), from: "wide" },
  {
    id: "class",
    title: "Class",
    hint: "How long calls take; declared → observed where these are not the same",
    value: (func) => func.values["observed"],
    cell: (func) => <Class declared={func.declared} observed={func.values["observed"] ?? null} />,
    isText: true,
    from: "wide",
  },
];

export function scheme(): string {
  return isDark(ui.theme) ? "dark" : "light";
}

function time(column: string) {
  return (func: Func) => duration(func.values[column]);
}

function columns(): Column<Func>[] {
  const isTraced = [...model.functions.values()].some((func) => func.values["own"] != null);
  return isTraced ? COLUMNS : COLUMNS.filter(({ id }) => id !== "own");
}

function filtered(): Func[] {
  return [...model.functions.values()].filter((func) =>
    matches(ui.filter, func.name, func.location, CLASSES[func.values["observed"] ?? -1]),
  );
}

/** What the table shows, as it shows it. */
export function inOrder(): Func[] {
  return sorted(filtered(), COLUMNS, ui.sorts["functions"] ?? BY).slice(0, ui.isAll ? undefined : MOST);
}

export function Functions() {
  const rows = filtered();
  const empty = ui.filter ? `No function matches “${ui.filter}”.` : "No measured function has been called yet.";
  return (
    <div class={ui.isChosen ? "functions chosen" : "functions"}>
      <div class="master">
        <Table
          id="functions"
          label="Functions"
          rows={rows}
          columns={columns()}
          keyOf={(func) => func.key}
          by={BY}
          current={(func) => func.key === ui.selected}
          onChoose={(func) => choose(func.key)}
          most={MOST}
          empty={empty}
        />
        {model.more > 0 && <p class="more">{count(model.more)} more functions, which took less, are not shown.</p>}
      </div>
      <Detail />
    </div>
  );
}

function Name({ func }: { func: Func }) {
  return (
    <>
      <button
        type="button"
        class="name"
        title={`${plain(func.name)}\n${func.location}`}
        onFocus={() => change({ selected: func.key })}
      >
        {func.own}
        <Distinction func={func} />
      </button>
      {isMisdeclared(func) && (
        <span class="pill warn" title="Declared and observed class: calls take longer, or less long, than the attribute says">
          {className(func.declared)} → {className(func.values["observed"])}
        </span>
      )}
      {func.values["burning"] === 1 && (
        <span class="pill bad" title="Its error budget is used up too fast">
          burning
        </span>
      )}
      <span class="around">{func.around}</span>
    </>
  );
}

function isMisdeclared(func: Func): boolean {
  const observed = func.values["observed"];
  return func.declared != null && observed != null && func.declared !== observed;
}

function Busy({ func }: { func: Func }) {
  const share = func.values["busy"] ?? 0;
  return (
    <span class="meter-cell">
      <span class="meter" aria-hidden="true">
        <span style={{ width: `${Math.min(100, share * 100)}%` }} class={share > 1 ? "over" : ""} />
      </span>
      <span>{share === 0 ? <Zero /> : percent(share)}</span>
    </span>
  );
}

export function Class({ declared, observed }: { declared: number | null; observed: number | null }) {
  if (declared == null) return <span class="dim">{className(observed)}</span>;
  if (observed == null || declared === observed) return <span>{className(declared)}</span>;
  return (
    <span class="warn" title={`declared ${className(declared)}, observed ${className(observed)}`}>
      {className(declared)} → {className(observed)}
    </span>
  );
}

export function Zero() {
  return <span class="dim">{NONE}</span>;
}
