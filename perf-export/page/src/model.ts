// What is known of the program: frames, put together.

import { History, LENGTH } from "./history";
import { names } from "./format";
import type { About, Described, Frame, Guard, Past, Sections, Watched } from "./protocol";

export interface Func {
  id: number;
  /** Its name and where it is: several may have one name. */
  key: string;
  /** The full path. */
  name: string;
  own: string;
  around: string;
  module: string;
  location: string;
  declared: number | null;
  values: Record<string, number | null>;
  rate: History;
  p50: History;
  p99: History;
}

export interface GuardHistory {
  /** The oldest first; null where it is not known. */
  states: (string | null)[];
  /** In each second; NaN where it is not known. */
  refused: History;
  /** Up to the last second. */
  refusals: number;
}

/** Why all begins anew. */
export type Anew = "restarted" | "reset" | undefined;

export class Model {
  about: About | undefined;
  at = 0;
  more = 0;
  functions = new Map<number, Func>();
  sections: Partial<Sections> = {};
  guards = new Map<string, GuardHistory>();

  apply(frame: Frame): Anew {
    const anew = frame.full && this.begin(frame.full, frame.at);
    const passed = anew ? 1 : Math.min(LENGTH, Math.max(1, Math.round(frame.at - this.at)));
    this.at = frame.at;
    this.more = frame.more;
    for (const described of frame.new ?? []) this.describe(described);
    for (const id of frame.gone ?? []) this.functions.delete(id);
    if (frame.full || frame.new || frame.gone) this.index();
    for (const [id, mask, ...values] of frame.rows) this.update(id as number, mask as number, values);
    for (const section of ["guards", "queues", "locks", "metrics", "process", "overhead", "health", "slowest"] as const) {
      if (frame[section] !== undefined) Object.assign(this.sections, { [section]: frame[section] });
    }
    if (frame.full) this.recall(frame, passed);
    else this.remember(passed);
    return anew;
  }

  find(key: string): Func | undefined {
    return this.byKey.get(key);
  }

  /** Functions that have this name: mostly one. */
  named(name: string): Func[] {
    return this.byName.get(name) ?? [];
  }

  /** What tells it from others of its name, as short as may be. */
  distinction(func: Func): string | undefined {
    const others = this.named(func.name).filter((other) => other !== func);
    if (others.length === 0) return undefined;
    const said = [({ location }: Func) => location.slice(location.search(/[^/\\]*$/)), ({ location }: Func) => location];
    const enough = said.find((say) => others.every((other) => say(other) !== say(func)));
    return enough ? enough(func) : `${func.module} ${func.location}`;
  }

  private byKey = new Map<string, Func>();
  private byName = new Map<string, Func[]>();
  private known = new Map<string, Func>();

  /** What was known of functions is theirs still, if it is the same run and nobody has counted from zero again. */
  private begin(about: About, at: number): Anew {
    const before = this.about;
    const anew = before && (before.instance !== about.instance ? "restarted" : at < this.at ? "reset" : undefined);
    this.known = new Map(anew ? [] : [...this.functions.values()].map((func) => [func.key, func]));
    if (anew) this.guards.clear();
    this.functions.clear();
    this.sections = {};
    this.about = about;
    return anew;
  }

  private index(): void {
    this.byKey = new Map([...this.functions.values()].map((func) => [func.key, func]));
    this.byName = new Map();
    for (const func of this.functions.values()) this.byName.set(func.name, [...this.named(func.name), func]);
  }

  private describe([id, name, module, file, line, declared]: Described): void {
    const location = `${file}:${line}`;
    const key = functionKey({ name, module, location });
    const [own, around] = names(name, module);
    const before = this.known.get(key) ?? this.functions.get(id);
    const [rate, p50, p99] = [before?.rate, before?.p50, before?.p99].map((history) => history ?? new History()) as [
      History,
      History,
      History,
    ];
    const values = this.functions.get(id)?.values ?? {};
    this.functions.set(id, { id, key, name, own, around, module, location, declared, values, rate, p50, p99 });
  }

  private update(id: number, mask: number, values: (number | null)[]): void {
    const func = this.functions.get(id);
    if (!func) return;
    let next = 0;
    this.about?.columns.forEach((column, bit) => {
      if (mask & (1 << bit)) func.values[column] = values[next++] ?? null;
    });
  }

  /** What has happened since the last frame, which mostly was a second ago. */
  private remember(passed: number): void {
    for (const func of this.functions.values()) rememberRow(func, passed);
    for (const [key, guard] of this.keyedGuards()) {
      const kept = this.guards.get(key) ?? { states: [], refused: new History(), refusals: refusals(guard) };
      const refused = Math.max(0, refusals(guard) - kept.refusals) / passed;
      for (let second = 0; second < passed; second++) {
        kept.states.push(guard.state);
        kept.refused.push(refused);
      }
      kept.states = kept.states.slice(-LENGTH);
      kept.refusals = refusals(guard);
      this.guards.set(key, kept);
    }
  }

  /** What happened before this page was told anything, or while it was not. */
  private recall(frame: Frame, passed: number): void {
    for (const func of this.functions.values()) {
      // What was in between nobody has said.
      if (func.rate.length > 0) for (const line of lines(func)) for (let second = 1; second < passed; second++) line.push(NaN);
    }
    for (const [id, slices] of frame.past ?? []) recallRow(this.functions.get(id), slices);
    for (const func of this.functions.values()) rememberRow(func, 1);
    this.keyedGuards().forEach(([key, guard], at) => this.guards.set(key, recalled(guard, frame.watched?.[at])));
  }

  /** Guards by what they are; those of one kind and name by their order. */
  keyedGuards(): [key: string, guard: Guard][] {
    const seen = new Map<string, number>();
    return (this.sections.guards?.rows ?? []).map((guard) => {
      const name = `${guard.kind} ${guard.name}`;
      const number = (seen.get(name) ?? 0) + 1;
      seen.set(name, number);
      return [`${name} ${number}`, guard];
    });
  }
}

function lines(func: Func): History[] {
  return [func.rate, func.p50, func.p99];
}

function rememberRow(func: Func, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    func.rate.push(func.values["rate"] ?? NaN);
    func.p50.push(func.values["p50"] ?? NaN);
    func.p99.push(func.values["p99"] ?? NaN);
  }
}

/** The program knows best: lines begin anew with what it says. */
function recallRow(func: Func | undefined, slices: Past[]): void {
  // The last one is what the frame itself says.
  const before = slices.slice(0, -1);
  if (!func || before.length === 0) return;
  for (const line of lines(func)) line.clear();
  for (const [span, rate, p50, p99] of before) {
    for (let second = 0; second < Math.max(1, Math.round(span)); second++) {
      func.rate.push(rate);
      func.p50.push(p50 ?? NaN);
      func.p99.push(p99 ?? NaN);
    }
  }
}

function recalled(guard: Guard, watched: Watched | null | undefined): GuardHistory {
  const refused = new History();
  for (const number of watched?.refused ?? []) refused.push(number ?? NaN);
  const states = (watched?.states ?? []).flatMap(([state, seconds]) => Array<string | null>(seconds).fill(state));
  return { states, refused, refusals: watched?.refusals ?? refusals(guard) };
}

export function functionKey({ name, module, location }: { name: string; module: string; location: string }): string {
  return [name, module, location].join("\n");
}

export function refusals(guard: Guard): number {
  return guard.refused.reduce((sum, [, count]) => sum + count, 0);
}
