// The views that there are, and which of them have something to show.

import { type Tab, model } from "./app";

export const TABS: { id: Tab; title: string }[] = [
  { id: "functions", title: "Functions" },
  { id: "flame", title: "Flame graph" },
  { id: "slowest", title: "Slowest calls" },
  { id: "guards", title: "Guards" },
  { id: "queues", title: "Queues" },
  { id: "locks", title: "Locks" },
  { id: "metrics", title: "Metrics" },
  { id: "process", title: "Process" },
];

/** How many rows a view has, where it is made of rows. */
export function size(tab: Tab): number | undefined {
  switch (tab) {
    case "functions":
      return model.functions.size + model.more;
    case "guards":
    case "queues":
    case "locks":
    case "metrics": {
      const list = model.sections[tab];
      return list ? list.rows.length + list.more : 0;
    }
    default:
      return undefined;
  }
}

export function isThere(tab: Tab): boolean {
  return tab === "functions" || size(tab) !== 0;
}
