import assert from "node:assert/strict";

export const flags = ["--bare"];
export const first = null;

export default async ({ visit, program }) => {
  const visitor = await visit({ width: 1200, height: 700 });
  const { page } = visitor;
  await page.getByText("No measured function has been called yet.").waitFor();
  assert.equal(await page.locator(".detail").count(), 0, "there is nothing to tell of");
  for (const name of ["Guards", "Queues", "Locks", "Metrics"]) assert.equal(await page.getByRole("tab", { name }).count(), 0, name);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await visitor.tab("Slowest calls");
  await page.getByText("No call is known to have been slow.").waitFor();
  await visitor.tab("Flame graph");
  await page.getByText("PERF_TREE=true").waitFor();
  await visitor.tab("Process");
  await page.getByText("perf_runtime::process::start").waitFor();
  await page.getByText("The program does next to nothing").waitFor();
  await visitor.shot("process");

  await visitor.tab("Functions");
  await program.control("call");
  await visitor.row("take").waitFor();
  await page.locator(".detail").getByRole("heading", { name: "take" }).waitFor();
  const fits = await page.locator(".master .scroll").evaluate((scroll) => scroll.scrollWidth <= scroll.clientWidth);
  assert.ok(fits, "all columns that are there are in sight");
  await visitor.shot("one");
};
