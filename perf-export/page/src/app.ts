// What is shown: the program's state, and what the reader has chosen.

import { Model } from "./model";
import type { Link } from "./stream";
import { type Theme, readTheme } from "./theme";

export type Tab = "functions" | "flame" | "slowest" | "guards" | "queues" | "locks" | "metrics" | "process";

export interface Sort {
  column: string;
  descending: boolean;
}

export const model = new Model();

export const ui = {
  tab: "functions" as Tab,
  filter: "",
  /** The key of the function that is shown in detail, and whether somebody has chosen it. */
  selected: undefined as string | undefined,
  isChosen: false,
  sorts: {} as Record<string, Sort>,
  /** Also tables of a thousand rows are drawn whole. */
  isAll: false,
  isPaused: false,
  pausedAt: 0,
  isHelp: false,
  theme: readTheme() as Theme,
  link: "connecting" as Link,
  lostAt: 0,
  notice: undefined as string | undefined,
};

let draw: () => void = () => {};
let isDue = false;

export function onDraw(drawing: () => void): void {
  draw = drawing;
}

/** Draws it soon: once, however often it is asked for. */
export function redraw(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

export function change(changes: Partial<typeof ui>): void {
  Object.assign(ui, changes);
  redraw();
}

export function choose(key: string): void {
  change({ selected: key, isChosen: true, tab: "functions" });
}

/** Where only the name is known: the function, or the list of all that have it. */
export function chooseNamed(name: string): void {
  const [first, ...others] = model.named(name);
  if (!first) return;
  if (others.length === 0) choose(first.key);
  else change({ filter: name, isChosen: false, tab: "functions" });
}

export function matches(filter: string, ...texts: (string | null | undefined)[]): boolean {
  const text = texts.join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
