// What can be done without a mouse. Flame graphs know some keys of their own.

import { change, ui } from "./app";
import { TABS, isThere } from "./tabs";
import { setPaused, switchTheme } from "./control";
import { inOrder } from "./views/functions";
import { zoomOut } from "./views/flame";

export const KEYS: [keys: string, what: string][] = [
  ["/", "filter; in the flame graph, search"],
  ["↑ ↓", "choose a function"],
  ["Enter", "open it; in the flame graph, zoom"],
  ["Esc", "back: close, clear, zoom out"],
  ["Space", "pause, and go on"],
  ["1 … 8", "go to a view"],
  ["← → ↑ ↓", "walk in the flame graph"],
  ["t", "light or dark"],
  ["?", "this help"],
];

const filter = () => document.querySelector<HTMLInputElement>("#filter");

export function listen(): void {
  // Or else keys would be a button's after a click: space would press it again, instead of pausing.
  document.addEventListener("mousedown", (event) => {
    if (!(event.target as HTMLElement).closest("button")) return;
    event.preventDefault();
    (document.activeElement as HTMLElement | null)?.blur();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    const isTyping = target.matches("input, select, textarea");
    if (act(event.key, isTyping, target)) event.preventDefault();
  });
}

/** Whether the key meant something. */
function act(key: string, isTyping: boolean, target: HTMLElement): boolean {
  if (key === "Escape") return escape(isTyping);
  if (ui.isHelp) return false;
  if (key === "ArrowDown" || key === "ArrowUp") return move(key === "ArrowDown" ? 1 : -1, target);
  if (key === "Enter") return open(isTyping, target);
  if (isTyping) return false;
  if (key === "/") return focusFilter();
  if (key === "?") change({ isHelp: true });
  else if (key === " " && !target.matches("button, a, [role=tab], [role=treeitem]")) setPaused(!ui.isPaused);
  else if (key === "t") switchTheme();
  else if (/^[1-9]$/.test(key)) return goTo(Number(key) - 1);
  else return false;
  return true;
}

function escape(isTyping: boolean): boolean {
  if (ui.isHelp) change({ isHelp: false });
  else if (isTyping && ui.filter === "") filter()?.blur();
  else if (ui.filter !== "") change({ filter: "" });
  else if (ui.tab === "flame") return zoomOut();
  else if (ui.isChosen) change({ isChosen: false });
  else return false;
  return true;
}

function focusFilter(): boolean {
  filter()?.focus();
  filter()?.select();
  return true;
}

function move(by: number, target: HTMLElement): boolean {
  if (ui.tab !== "functions" || target.closest("[role=tablist], .detail")) return false;
  const all = inOrder();
  if (all.length === 0) return false;
  const at = all.findIndex((func) => func.key === ui.selected);
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  if (next) change({ selected: next.key });
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector("tr[aria-current=true]")?.scrollIntoView({ block: "nearest" })),
  );
  return true;
}

function open(isTyping: boolean, target: HTMLElement): boolean {
  if (ui.tab !== "functions" || (!isTyping && target !== document.body && !target.closest(".functions table"))) return false;
  if (target.closest("th")) return false;
  const all = inOrder();
  const selected = all.find((func) => func.key === ui.selected) ?? all[0];
  if (!selected) return false;
  change({ selected: selected.key, isChosen: true });
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLElement>(".detail h2")?.focus()));
  return true;
}

function goTo(at: number): boolean {
  const tab = TABS.filter(({ id }) => isThere(id))[at];
  if (tab) change({ tab: tab.id });
  return tab !== undefined;
}
