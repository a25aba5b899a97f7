import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

export const kind = "example";
// Few files, so that it comes round to everything soon.
export const flags = ["--threads=2", fileURLToPath(new URL("../../../../examples", import.meta.url))];
export const first = "ask";

export default async ({ visit }) => {
  const visitor = await visit();
  const { page } = visitor;
  for (const name of ["answer", "rank", "phrase", "Segment::index_file", "tokenise"]) await visitor.row(name).waitFor();
  // As a text: soon it is told in thousands. It was never reset, so what differs is more.
  const calls = () => visitor.row("ask").locator(".c-calls").innerText();
  const before = await calls();
  await visitor.until("calls are counted on", async () => (await calls()) !== before);

  await visitor.row("ask").click();
  const detail = page.locator(".detail");
  for (const text of ["in flight", "p99 below 50.0 ms", "Calls into"]) await detail.getByText(text).waitFor();
  await visitor.until("there is a heat map", async () => (await visitor.colours(detail.locator(".heat canvas"))) > 5);
  await visitor.shot("functions");

  await visitor.tab("Guards");
  for (const kind of ["circuit_breaker", "rate_limited", "retry"]) await visitor.rows().filter({ hasText: kind }).waitFor();
  const admitted = () => visitor.rows().first().locator(".c-admitted").innerText();
  const admittedBefore = await admitted();
  await visitor.until("guards go on", async () => (await admitted()) !== admittedBefore);
  await visitor.shot("guards");

  await visitor.tab("Flame graph");
  const traced = () => page.locator(".trail").getByText("calls traced").innerText();
  for (const name of ["round", "answer", "index_file"]) {
    await page.locator(`.flame .bar[aria-label*="::${name},"]`).first().waitFor();
  }
  const tracedBefore = await traced();
  await visitor.until("the tree grows", async () => (await traced()) !== tracedBefore);
  await visitor.shot("tree");
  assert.equal(await page.locator(".state").innerText(), "live");
};
