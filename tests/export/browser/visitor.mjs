// Somebody with a browser, who notices whatever is wrong.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../perf-export/page/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const AXE = require("axe-core").source;

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
}

export class Visitor {
  wrong = [];
  hosts = new Set();
  waited = 0;

  constructor(browser, url, scenario, { allows, first }) {
    Object.assign(this, { browser, url, scenario, allows, first });
  }

  async open({ width = 1440, height = 900, ...options } = {}) {
    this.context = await this.browser.newContext({ viewport: { width, height }, ...options });
    const page = (this.page = await this.context.newPage());
    page.setDefaultTimeout(60_000);
    page.on("console", (message) => {
      // That canvases are read is the visitor's own doing.
      const isOwn = message.text().includes("willReadFrequently");
      if (["error", "warning"].includes(message.type()) && !isOwn) this.wrong.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.wrong.push(`error: ${error.stack}`));
    page.on("request", (request) => this.hosts.add(new URL(request.url()).host));
    await page.exposeFunction("violated", (what) => this.wrong.push(`policy: ${what}`));
    await page.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) => window.violated(`${event.violatedDirective} ${event.blockedURI}`)),
    );
    const answer = await page.goto(this.url);
    assert.match(answer.headers()["content-security-policy"], /default-src 'none'; script-src 'self'; style-src 'self'/);
    // Where a program has no functions yet, there is nothing to wait for.
    if (this.first) await this.row(this.first).waitFor();
  }

  /** No error, no violation, no request to anybody else. */
  check() {
    const wrong = this.wrong.filter((what) => !this.allows.some((allowed) => what.includes(allowed)));
    assert.deepEqual(wrong, []);
    assert.deepEqual([...this.hosts], [new URL(this.url).host]);
  }

  row(name) {
    return this.page.locator(".master tbody tr").filter({ has: this.page.getByRole("button", { name, exact: true }) });
  }

  rows(within = "main") {
    return this.page.locator(`${within} tbody tr`);
  }

  /** The texts of a column, as they are now. */
  column(id, within = ".master") {
    return this.page.locator(`${within} td.c-${id}`).allInnerTexts();
  }

  /** The functions' names, in the order of the table. */
  names() {
    return this.page.locator(".master button.name").allInnerTexts();
  }

  async tab(name) {
    await this.page.getByRole("tab", { name }).click();
    await this.page.locator("[role=tab][aria-selected=true]", { hasText: name }).waitFor();
  }

  /** Waits until something holds; a scenario waits two minutes at most, all in all. */
  async until(what, holds) {
    while (!(await holds())) {
      await this.page.waitForTimeout(100);
      this.waited += 1;
      assert.ok(this.waited < 1200, `never: ${what}`);
    }
  }

  /** How many different colours a canvas has. */
  colours(canvas) {
    return canvas.evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
  }

  async shot(name) {
    await this.page.screenshot({ path: `${process.env.SCREENSHOTS}/${this.scenario}-${name}.png` });
  }

  /** What is hard to use without seeing it, or without a mouse. */
  async violations() {
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html).join(" | ")}`);
  }
}
