// What is asked for only while somebody looks at it.

import { redraw } from "./app";
import { functionKey } from "./model";
import type { Detail, Tree } from "./protocol";
import { Slices } from "./slices";

export const data = {
  detail: undefined as Detail | undefined,
  slices: new Slices(),
  /** The key of the function that was asked for, where there is none. */
  missing: undefined as string | undefined,
  tree: undefined as Tree | undefined,
};

let wanted = "";
let isBusy = false;

/** Asks once, unless it is being asked for already; a change of mind is asked at once. */
export async function askDetail(key: string): Promise<void> {
  if (isBusy && key === wanted) return;
  wanted = key;
  const [name = "", module = "", location = ""] = key.split("\n");
  const detail = await ask<Detail>(`page/function?${new URLSearchParams({ name, module, location })}`);
  // Who does not answer at all may know it all the same.
  if (wanted !== key || detail === undefined) return;
  if (detail === null) {
    data.missing = key;
  } else {
    const isOther = key !== keyOfDetail() || detail.at < (data.detail?.at ?? 0);
    if (isOther) data.slices = new Slices();
    data.slices.add(detail.slices);
    data.detail = detail;
    data.missing = undefined;
  }
  redraw();
}

/** Which function is known in detail. */
export function keyOfDetail(): string | undefined {
  return data.detail && functionKey(data.detail);
}

export async function askTree(): Promise<void> {
  if (isBusy) return;
  const tree = await ask<Tree>("page/tree");
  if (tree) {
    data.tree = tree;
    redraw();
  }
}

/** Null where there is no such thing, and nothing where there is no answer: the stream says so too, and says it better. */
async function ask<T>(path: string): Promise<T | null | undefined> {
  isBusy = true;
  try {
    const answer = await fetch(path, { headers: { accept: "application/json" } });
    if (answer.status === 404) return null;
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  } finally {
    isBusy = false;
  }
}
