// Tables that can be sorted by their heads.

import type { ComponentChildren } from "preact";
import { type Sort, change, ui } from "../app";

export interface Column<T> {
  id: string;
  title: string;
  /** What the title leaves unsaid. */
  hint?: string;
  /** What is sorted by. */
  value: (row: T) => number | string | null | undefined;
  /** What is shown, unless that is it. */
  cell?: (row: T) => ComponentChildren;
  isText?: boolean;
  /** The width from which on there is room for it. */
  from?: "medium" | "wide";
}

interface Props<T> {
  id: string;
  label: string;
  rows: T[];
  columns: Column<T>[];
  keyOf: (row: T) => string | number;
  by?: Sort;
  current?: (row: T) => boolean;
  onChoose?: (row: T) => void;
  /** The rows that are there before all are asked for. */
  most?: number;
  /** What is said where there are no rows. */
  empty: string;
}

export function sorted<T>(rows: T[], columns: Column<T>[], sort: Sort | undefined): T[] {
  const column = columns.find(({ id }) => id === sort?.column);
  if (!column || !sort) return rows;
  const sign = sort.descending ? -1 : 1;
  // What is not known goes last, whichever way.
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x == null || y == null) return Number(x == null) - Number(y == null);
    return sign * (typeof x === "string" ? x.localeCompare(String(y)) : x - Number(y));
  });
}

export function Table<T>({ id, label, rows, columns, keyOf, by, current, onChoose, most = Infinity, empty }: Props<T>) {
  const sort = ui.sorts[id] ?? by;
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const isCut = rows.length > most && !ui.isAll;
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label={label}>
        <table aria-label={label}>
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.id} table={id} column={column} sort={sort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted(rows, columns, sort).slice(0, isCut ? most : undefined).map((row) => (
              <tr
                key={keyOf(row)}
                aria-current={current?.(row) ? "true" : undefined}
                class={onChoose && "choosable"}
                onClick={onChoose && (() => onChoose(row))}
              >
                {columns.map((column) => (
                  <td key={column.id} class={classes(column)}>
                    {column.cell ? column.cell(row) : column.value(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {isCut && (
        <p class="more">
          {rows.length - most} more are not drawn: a filter finds them.{" "}
          <button type="button" class="link" onClick={() => change({ isAll: true })}>
            Draw all
          </button>
        </p>
      )}
    </>
  );
}

function Head<T>({ table, column, sort }: { table: string; column: Column<T>; sort: Sort | undefined }) {
  const isBy = sort?.column === column.id;
  const direction = isBy ? (sort.descending ? "descending" : "ascending") : undefined;
  const next = { column: column.id, descending: isBy ? !sort.descending : !column.isText };
  return (
    <th scope="col" class={classes(column)} aria-sort={direction} title={column.hint}>
      <button type="button" onClick={() => change({ sorts: { ...ui.sorts, [table]: next } })}>
        {column.title}
        <span class="arrow" aria-hidden="true">
          {isBy ? (sort.descending ? "↓" : "↑") : ""}
        </span>
      </button>
    </th>
  );
}

function classes<T>(column: Column<T>): string {
  return [column.isText ? "text" : "number", column.from ?? "", `c-${column.id}`].join(" ").replace("  ", " ");
}
