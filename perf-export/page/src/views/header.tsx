// Which program, how it is, and what can be done.

import { change, model, ui } from "../app";
import { setPaused, switchTheme } from "../control";
import { percent, span } from "../format";
import { isDark } from "../theme";
import { tone, used } from "./process";

export function Header() {
  const { about } = model;
  return (
    <header class="top">
      <div class="who">
        <h1>{about?.program ?? "perf"}</h1>
        <Link />
        {about && (
          <span class="dim" title={`process ${about.process}, clock ${about.clock}`}>
            up {span(model.at)}
          </span>
        )}
        <Figures />
      </div>
      <div class="controls">
        <input
          id="filter"
          type="search"
          placeholder={ui.tab === "flame" ? "Search" : "Filter"}
          aria-label={ui.tab === "flame" ? "Search the flame graph" : "Filter"}
          aria-keyshortcuts="/"
          autoComplete="off"
          spellcheck={false}
          value={ui.filter}
          onInput={(event) => change({ filter: event.currentTarget.value })}
        />
        <button type="button" class="plain" aria-pressed={ui.isPaused} aria-keyshortcuts="Space" onClick={() => setPaused(!ui.isPaused)}>
          {ui.isPaused ? "Go on" : "Pause"}
        </button>
        <button type="button" class="plain icon" aria-label={isDark(ui.theme) ? "Light colours" : "Dark colours"} title="Light or dark" onClick={switchTheme}>
          {isDark(ui.theme) ? "☀" : "☾"}
        </button>
        <button type="button" class="plain icon" aria-label="Keys" title="Keys" aria-keyshortcuts="?" onClick={() => change({ isHelp: true })}>
          ?
        </button>
      </div>
    </header>
  );
}

function Link() {
  const state = ui.isPaused ? "paused" : ui.link;
  return (
    <span class={`state ${state}`} role="status">
      {state}
    </span>
  );
}

function Figures() {
  const { health, overhead } = model.sections;
  const open = () => change({ tab: "process" });
  const budget = overhead?.budget;
  const { share, isIdle } = overhead ? used(overhead) : { share: 0, isIdle: false };
  return (
    <>
      {health && (
        <button type="button" class="figure-button" onClick={open} title={health.reasons[0]?.text ?? "Nothing takes points off"}>
          health <strong class={tone(health.status)}>{health.score}</strong>
          {health.status !== "healthy" && ` ${health.status}`}
        </button>
      )}
      {overhead && (
        <button type="button" class="figure-button" onClick={open} title="The share of the process' CPU time that sampling and aggregating cost, and their budget">
          measuring <strong class={share > 1 && !isIdle ? "warn" : ""}>{percent(overhead.of_budget)}</strong>
          {budget != null && <span class="dim"> of {percent(budget)}</span>}
        </button>
      )}
    </>
  );
}
