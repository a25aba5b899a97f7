// Slices of time of one function, as fine as they were ever seen.

import type { Slice } from "./protocol";

/** Seconds that are kept. */
export const REACH = 300;

export class Slices {
  private known = new Map<number, Slice>();

  /** The oldest first. */
  get all(): Slice[] {
    return [...this.known.values()].sort((a, b) => a[0] - b[0]);
  }

  /** When the last one ended. */
  get end(): number {
    return Math.max(0, ...[...this.known.values()].map(([begun, span]) => begun + span));
  }

  /** How far back a picture of them has to reach: minutes, so that it does not change all the time. */
  get reach(): number {
    const first = this.all[0];
    const age = first ? this.end - first[0] : 0;
    return [60, 120].find((reach) => age <= reach) ?? REACH;
  }

  add(slices: Slice[]): void {
    for (const slice of slices) this.put(slice);
    const oldest = this.end - REACH;
    for (const [key, [begun, span]] of this.known) {
      if (begun + span < oldest) this.known.delete(key);
    }
  }

  /** A long slice takes the place of short ones only where some of those are missing. */
  private put(slice: Slice): void {
    const [from, to] = [slice[0], slice[0] + slice[1]];
    const within = [...this.known].filter(([begun, [, span]]) => begun >= from - 0.01 && begun + span <= to + 0.01);
    const covered = within.reduce((sum, [, [, span]]) => sum + span, 0);
    if (covered >= slice[1] - 0.01) return;
    for (const [key] of within) this.known.delete(key);
    this.known.set(from, slice);
  }
}
