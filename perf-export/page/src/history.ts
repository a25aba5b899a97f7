// The last values of something, one a second.

export const LENGTH = 60;

export class History {
  private readonly values = new Float64Array(LENGTH).fill(NaN);
  private written = 0;

  clear(): void {
    this.values.fill(NaN);
    this.written = 0;
  }

  push(value: number): void {
    this.values[this.written % LENGTH] = value;
    this.written += 1;
  }

  get length(): number {
    return Math.min(this.written, LENGTH);
  }

  /** Changes with every value. */
  get version(): number {
    return this.written;
  }

  /** Of the last ones, as many as are known without a gap. */
  get known(): number {
    let known = 0;
    while (known < this.length && !Number.isNaN(this.at(known))) known++;
    return known;
  }

  /** `back` 0 is the last. */
  at(back: number): number {
    return this.values[(this.written - 1 - back) % LENGTH] ?? NaN;
  }
}
