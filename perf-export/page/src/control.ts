// What buttons and keys do.

import { change, model, redraw, ui } from "./app";
import { askDetail, askTree, data } from "./data";
import type { Frame } from "./protocol";
import { type Link, Stream } from "./stream";
import { isDark, setTheme } from "./theme";
import { inOrder } from "./views/functions";

const stream = new Stream(take, onLink);

/** From now on the program is asked. */
export function start(): void {
  setTheme(ui.theme);
  stream.open();
}

/** Nothing is asked of the program meanwhile. */
export function setPaused(isPaused: boolean): void {
  change({ isPaused, pausedAt: Date.now(), ...(isPaused ? {} : { link: "connecting" as const }) });
  if (isPaused) stream.close();
  else stream.open();
}

export function switchTheme(): void {
  const theme = isDark(ui.theme) ? "light" : "dark";
  setTheme(theme);
  change({ theme });
}

function take(frame: Frame): void {
  const before = model.about;
  const anew = model.apply(frame);
  if (anew) {
    Object.assign(data, { detail: undefined, tree: undefined });
    const processes = `${before?.process} → ${model.about?.process}`;
    ui.notice =
      anew === "restarted"
        ? `The program was started anew (process ${processes}): its counters begin at zero.`
        : "The program's counters were set to zero: all counts begin anew.";
  }
  if (anew === "restarted") isToBeFound = true;
  if (isToBeFound) find();
  document.title = `${model.about?.program ?? "program"} · perf`;
  if (ui.selected === undefined) ui.selected = inOrder()[0]?.key;
  look();
  redraw();
}

/** Whether a new program may have what was chosen elsewhere: who restarts a program has often changed it. */
let isToBeFound = false;

function find(): void {
  if (ui.selected === undefined) return;
  const [one, ...others] = model.named(ui.selected.split("\n")[0] ?? "");
  if (!one) return;
  if (!model.find(ui.selected) && others.length === 0) ui.selected = one.key;
  isToBeFound = false;
}

/** Asks for what the view needs beyond frames. */
export function look(): void {
  if (document.hidden || ui.isPaused) return;
  if (ui.tab === "functions" && ui.selected !== undefined) void askDetail(ui.selected);
  if (ui.tab === "flame") void askTree();
}

function onLink(link: Link): void {
  if (link === "lost" && ui.link !== "lost") ui.lostAt = Date.now();
  if (link !== ui.link) change({ link });
}
