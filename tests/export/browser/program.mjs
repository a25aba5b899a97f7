// The program that is measured.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What there is to visit: how it is started, and where it says its address. */
const KINDS = {
  measured: {
    path: process.env.PROGRAM,
    given: (address) => [address],
    output: "stdout",
    said: /^serving at (.*)$/,
  },
  example: {
    path: process.env.EXAMPLE,
    given: (address) => [`--serve=${address}`],
    output: "stderr",
    said: /^index: http:\/\/(.*)\/ until Ctrl-C$/,
  },
};

export class Program {
  constructor(kind, flags) {
    Object.assign(this, KINDS[kind], { flags });
    this.address = "127.0.0.1:0";
  }

  get url() {
    return `http://${this.address}/`;
  }

  /** At any port that is free, and then always at that one. */
  async start() {
    const stdio = ["ignore", "pipe", "pipe"];
    this.child = spawn(this.path, [...this.given(this.address), ...this.flags], { stdio });
    const lines = createInterface({ input: this.child[this.output] });
    const other = this.output === "stdout" ? "stderr" : "stdout";
    this.child[other].pipe(process.stderr);
    const [line] = await Promise.race([once(lines, "line"), once(this.child, "exit")]);
    const address = this.said.exec(line)?.[1];
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
