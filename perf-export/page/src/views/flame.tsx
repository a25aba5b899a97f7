// The call tree as a flame graph, the outermost calls at the top.

import { useState } from "preact/hooks";
import { chooseNamed, matches, model, redraw, ui } from "../app";
import { data } from "../data";
import { Asking } from "./asking";
import { type Box, type Path, childrenOf, follow, layout, matchedShare, pathOf } from "../flamelayout";
import { count, duration, percent, plain } from "../format";
import type { Tree } from "../protocol";

const ROW = 21;

/** What is zoomed to, and where the keyboard is. */
const view = { zoom: [] as Path, focus: undefined as Path | undefined };

export function zoomOut(): boolean {
  if (view.zoom.length === 0) return false;
  view.focus = view.zoom;
  view.zoom = view.zoom.slice(0, -1);
  redraw();
  return true;
}

function zoomTo(tree: Tree, box: Box): void {
  const path = pathOf(tree, box.at);
  // Once more is the way back.
  view.zoom = path.join("\n") === view.zoom.join("\n") ? path.slice(0, -1) : path;
  view.focus = path;
  redraw();
}

export function Flame() {
  const { tree } = data;
  if (!tree) return <Asking />;
  if (tree.nodes.length === 0) {
    return (
      <p class="empty">
        No call was traced. Call trees are made where <code>tree = true</code> is set in the configuration, or{" "}
        <code>PERF_TREE=true</code>.
      </p>
    );
  }
  return <Graph tree={tree} />;
}

function Graph({ tree }: { tree: Tree }) {
  const [pointed, point] = useState<number | undefined>(undefined);
  // What is gone cannot be zoomed to.
  view.zoom = pathOf(tree, follow(tree, childrenOf(tree), view.zoom).at(-1) ?? -1);
  const boxes = layout(tree, view.zoom);
  const depth = Math.max(...boxes.map((box) => box.depth)) + 1;
  const focused = boxes.find((box) => isAt(tree, box, view.focus)) ?? boxes[0];
  const shown = boxes.find(({ at }) => at === pointed) ?? (view.focus ? focused : undefined);
  return (
    <section class="flame-view" aria-label="Flame graph">
      <Trail tree={tree} />
      <div
        class="flame"
        role="tree"
        aria-label="Call tree"
        style={{ height: `${depth * ROW}px` }}
        onKeyDown={(event) => walk(event, tree, boxes, focused)}
        onMouseLeave={() => point(undefined)}
      >
        {boxes.map((box) => (
          <Bar key={box.at} tree={tree} box={box} isFocus={box === focused} point={point} />
        ))}
      </div>
      <p class="flame-info" aria-live="polite">
        {shown ? <About box={shown} tree={tree} /> : "Click zooms, once more zooms out. Arrows walk, Enter zooms, Esc zooms out, / searches."}
      </p>
    </section>
  );
}

/** What is around it all, and what was found. */
function Trail({ tree }: { tree: Tree }) {
  const share = ui.filter === "" ? undefined : matchedShare(tree, (name) => matches(ui.filter, name));
  const go = (zoom: Path) => {
    view.zoom = zoom;
    redraw();
  };
  return (
    <div class="trail">
      <nav aria-label="Zoomed to">
        <button type="button" onClick={() => go([])} disabled={view.zoom.length === 0}>
          all
        </button>
        {view.zoom.map((name, at) => (
          <button key={at} type="button" onClick={() => go(view.zoom.slice(0, at + 1))}>
            {short(name)}
          </button>
        ))}
      </nav>
      <span class="dim">
        {share !== undefined && <strong class="found">{percent(share)} of the time matches · </strong>}
        {count(tree.traces)} calls traced
        {tree.dropped > 0 && `, ${count(tree.dropped)} more lost`}
      </span>
    </div>
  );
}

function Bar({ tree, box, isFocus, point }: { tree: Tree; box: Box; isFocus: boolean; point: (at: number) => void }) {
  const isFound = ui.filter !== "" && matches(ui.filter, box.name);
  const classes = ["bar", `hue${hue(box.name)}`, isFound ? "found" : ui.filter ? "faded" : "", box.depth < view.zoom.length - 1 ? "outer" : ""];
  return (
    <div
      role="treeitem"
      class={classes.filter(Boolean).join(" ")}
      aria-level={box.depth + 1}
      aria-expanded={box.children.length > 0 ? true : undefined}
      aria-label={`${plain(box.name)}, ${duration(box.total)}`}
      tabIndex={isFocus ? 0 : -1}
      data-at={box.at}
      style={{ left: `${box.left * 100}%`, width: `${box.width * 100}%`, top: `${box.depth * ROW}px` }}
      onClick={() => zoomTo(tree, box)}
      onMouseEnter={() => point(box.at)}
      onFocus={() => {
        view.focus = pathOf(tree, box.at);
        point(box.at);
      }}
    >
      {box.width > 0.02 ? short(box.name) : ""}
    </div>
  );
}

function About({ box, tree }: { box: Box; tree: Tree }) {
  const whole = tree.nodes.reduce((sum, [parent, , , total]) => sum + (parent < 0 ? total : 0), 0);
  return (
    <>
      <strong>{plain(box.name)}</strong> {percent(box.total / (whole || 1))} of all · {duration(box.total)} · self {duration(box.own)} · {count(box.calls)} calls{" "}
      {model.named(box.name).length > 0 && (
        <button type="button" class="link" onClick={() => chooseNamed(box.name)}>
          details
        </button>
      )}
    </>
  );
}

/** Arrows go to the child that took longest, to the parent, and to what is beside it. */
function walk(event: KeyboardEvent, tree: Tree, boxes: Box[], from: Box | undefined): void {
  if (!from) return;
  const find = (at: number | undefined) => boxes.find((box) => box.at === at);
  const beside = boxes.filter((box) => box.depth === from.depth).sort((a, b) => a.left - b.left);
  const place = beside.indexOf(from);
  const to: Record<string, () => Box | undefined> = {
    ArrowDown: () => find(from.children[0]),
    ArrowUp: () => find(from.parent),
    ArrowLeft: () => beside[place - 1],
    ArrowRight: () => beside[place + 1],
    Home: () => boxes[0],
  };
  if (event.key === "Enter" || event.key === " ") zoomTo(tree, from);
  else if (to[event.key]) focus(to[event.key]?.());
  else return;
  event.preventDefault();
}

function focus(box: Box | undefined): void {
  if (box) document.querySelector<HTMLElement>(`.flame [data-at="${box.at}"]`)?.focus();
}

function isAt(tree: Tree, box: Box, path: Path | undefined): boolean {
  return path !== undefined && box.depth === path.length - 1 && pathOf(tree, box.at).join("\n") === path.join("\n");
}

/** Functions of a module look alike. */
function hue(name: string): number {
  const module = name.slice(0, Math.max(0, name.lastIndexOf("::")));
  let hash = 7;
  for (const letter of module) hash = (hash * 31 + letter.charCodeAt(0)) % 9973;
  return hash % 6;
}

function short(name: string): string {
  return model.named(name)[0]?.own ?? plain(name);
}

