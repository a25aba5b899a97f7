// The program that is measured.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class Program {
  constructor(flags) {
    this.flags = flags;
    this.address = "127.0.0.1:0";
  }

  get url() {
    return `http://${this.address}/`;
  }

  /** At any port that is free, and then always at that one. */
  async start() {
    this.child = spawn(process.env.PROGRAM, [this.address, ...this.flags], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await Promise.race([once(createInterface({ input: this.child.stdout }), "line"), once(this.child, "exit")]);
    const address = /^serving at (.*)$/.exec(line)?.[1];
    if (!address) throw new Error(`the program said ${line}`);
    this.address = address;
  }

  async kill() {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }

  stop() {
    this.child?.kill("SIGKILL");
  }

  /** `reset` or `call`. */
  async control(what) {
    const answer = await fetch(`${this.url}control/${what}`, { method: "POST", headers: { "x-perf-control": "1" } });
    if (!answer.ok) throw new Error(`${what}: ${answer.status}`);
  }
}
