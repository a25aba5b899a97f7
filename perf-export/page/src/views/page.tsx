// The whole page.

import type { JSX } from "preact";
import { type Tab, change, model, ui } from "../app";
import { count, span } from "../format";
import { TABS, isThere, size } from "../tabs";
import { Flame } from "./flame";
import { Functions } from "./functions";
import { Guards } from "./guards";
import { Header } from "./header";
import { Help } from "./help";
import { Metrics } from "./metrics";
import { Process } from "./process";
import { Slowest } from "./slowest";
import { Locks, Queues } from "./sync";

const VIEWS: Record<Tab, () => JSX.Element> = {
  functions: Functions,
  flame: Flame,
  slowest: Slowest,
  guards: Guards,
  queues: Queues,
  locks: Locks,
  metrics: Metrics,
  process: Process,
};

export function Page() {
  const View = VIEWS[ui.tab];
  return (
    <>
      <Header />
      <nav aria-label="Views">
        <Tabs />
      </nav>
      <main>
        <Notices />
        <div id="view" role="tabpanel" aria-labelledby={`tab-${ui.tab}`} class={ui.link === "lost" && !ui.isPaused ? "stale" : ""}>
          {model.about ? <View /> : <p class="empty">{ui.link === "lost" ? "The program does not answer." : "Connecting…"}</p>}
        </div>
      </main>
      {ui.isHelp && <Help />}
    </>
  );
}

function Tabs() {
  const there = TABS.filter(({ id }) => isThere(id) || id === ui.tab);
  const go = (by: number) => {
    const at = there.findIndex(({ id }) => id === ui.tab);
    const next = there[(at + by + there.length) % there.length];
    if (!next) return;
    change({ tab: next.id });
    document.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" onKeyDown={(event) => steer(event, go)}>
      {there.map(({ id, title }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          aria-selected={ui.tab === id}
          aria-controls="view"
          tabIndex={ui.tab === id ? 0 : -1}
          onClick={() => change({ tab: id })}
        >
          {title}
          {size(id) !== undefined && <span class="size">{count(size(id))}</span>}
        </button>
      ))}
    </div>
  );
}

function steer(event: KeyboardEvent, go: (by: number) => void): void {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  event.preventDefault();
  go(event.key === "ArrowRight" ? 1 : -1);
}

function Notices() {
  const isLost = ui.link === "lost" && !ui.isPaused;
  return (
    <div class="notices" aria-live="polite">
      {isLost && (
        <p class="notice bad">
          The program has not answered for {span(Math.max(0, (Date.now() - ui.lostAt) / 1000))}. It is asked again every second.
        </p>
      )}
      {ui.isPaused && <p class="notice">Paused: what is shown is from {new Date(ui.pausedAt).toLocaleTimeString()}. Space goes on.</p>}
      {ui.notice && (
        <p class="notice warn">
          {ui.notice}
          <button type="button" class="link" onClick={() => change({ notice: undefined })}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}
