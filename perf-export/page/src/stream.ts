// Frames, for as long as the page is open: whoever stops sending is asked again.

import type { Frame } from "./protocol";

export type Link = "connecting" | "live" | "lost";

const AGAIN_AFTER = 1000;
/** Frames come once a second. */
const SILENT_AFTER = 6000;

export class Stream {
  private source: EventSource | undefined;
  private watch: number | undefined;
  private again: number | undefined;
  private last = 0;

  constructor(
    private readonly onFrame: (frame: Frame) => void,
    private readonly onLink: (link: Link) => void,
  ) {}

  open(): void {
    this.close();
    const source = new EventSource("page/events");
    this.source = source;
    source.onmessage = (event: MessageEvent<string>) => {
      if (source !== this.source) return;
      const frame = JSON.parse(event.data) as Frame;
      // What is missing would never be told again.
      if (!frame.full && frame.n !== this.last + 1) return this.lose();
      this.last = frame.n;
      this.expect();
      this.onLink("live");
      this.onFrame(frame);
    };
    source.onerror = () => {
      if (source === this.source) this.lose();
    };
    this.expect();
  }

  close(): void {
    window.clearTimeout(this.watch);
    window.clearTimeout(this.again);
    this.source?.close();
    this.source = undefined;
  }

  private expect(): void {
    window.clearTimeout(this.watch);
    this.watch = window.setTimeout(() => this.lose(), SILENT_AFTER);
  }

  private lose(): void {
    this.close();
    this.onLink("lost");
    this.again = window.setTimeout(() => this.open(), AGAIN_AFTER);
  }
}
