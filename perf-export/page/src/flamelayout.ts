// Which boxes of the flame graph there are, and where.

import type { Tree } from "./protocol";

export interface Box {
  /** Its place in the tree's list. */
  at: number;
  name: string;
  depth: number;
  /** Shares of the picture's width. */
  left: number;
  width: number;
  calls: number;
  total: number;
  own: number;
  children: number[];
  parent: number;
}

/** Boxes narrower than this are left out: a pixel in a thousand. */
const LEAST = 0.0008;

/** Names from the outermost inwards: what is zoomed to keeps its meaning in the next tree. */
export type Path = string[];

export function childrenOf(tree: Tree): Map<number, number[]> {
  const children = new Map<number, number[]>();
  tree.nodes.forEach(([parent], at) => {
    const known = children.get(parent);
    if (known) known.push(at);
    else children.set(parent, [at]);
  });
  return children;
}

export function pathOf(tree: Tree, at: number): Path {
  const path: Path = [];
  for (let node = at; node >= 0; node = tree.nodes[node]?.[0] ?? -1) path.unshift(nameOf(tree, node));
  return path;
}

export function nameOf(tree: Tree, at: number): string {
  return tree.names[tree.nodes[at]?.[1] ?? -1] ?? "";
}

/** As much of a path as there is: places in the list. */
export function follow(tree: Tree, children: Map<number, number[]>, path: Path): number[] {
  const places: number[] = [];
  let from = -1;
  for (const name of path) {
    const next = children.get(from)?.find((at) => nameOf(tree, at) === name);
    if (next === undefined) break;
    places.push(next);
    from = next;
  }
  return places;
}

export function totalOf(tree: Tree, at: number): number {
  return tree.nodes[at]?.[3] ?? 0;
}

/** The boxes around what is zoomed to, as wide as the picture, and those below it. */
export function layout(tree: Tree, zoom: Path): Box[] {
  const children = childrenOf(tree);
  const around = follow(tree, children, zoom);
  const boxes: Box[] = [];
  const put = (at: number, depth: number, left: number, width: number) => {
    const [parent, , calls, total, own] = tree.nodes[at] ?? [-1, 0, 0, 0, 0];
    boxes.push({ at, name: nameOf(tree, at), depth, left, width, calls, total, own, parent, children: children.get(at) ?? [] });
  };
  around.forEach((at, depth) => put(at, depth, 0, 1));
  const open: [from: number[], depth: number, left: number, whole: number][] = [];
  const top = around.at(-1);
  const roots = top === undefined ? (children.get(-1) ?? []) : (children.get(top) ?? []);
  const whole = top === undefined ? roots.reduce((sum, at) => sum + totalOf(tree, at), 0) : totalOf(tree, top);
  open.push([roots, around.length, 0, whole || 1]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, depth, begin] = next;
    let left = begin;
    for (const at of from) {
      const width = totalOf(tree, at) / (whole || 1);
      if (width >= LEAST) {
        put(at, depth, left, width);
        open.push([children.get(at) ?? [], depth + 1, left, whole]);
      }
      left += width;
    }
  }
  return boxes;
}

/** The share of the time that is in functions that match, none counted twice where one is in another. */
export function matchedShare(tree: Tree, isMatch: (name: string) => boolean): number {
  const isWithin: boolean[] = [];
  let [matched, whole] = [0, 0];
  tree.nodes.forEach(([parent, , , total], at) => {
    const isBelow = parent >= 0 && isWithin[parent] === true;
    const is = isMatch(nameOf(tree, at));
    isWithin[at] = isBelow || is;
    if (is && !isBelow) matched += total;
    if (parent < 0) whole += total;
  });
  return whole > 0 ? matched / whole : 0;
}
