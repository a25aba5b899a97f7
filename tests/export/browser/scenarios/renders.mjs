import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit();
  const { page } = visitor;
  for (const name of ["take", "reserve", "price", "charge", "deliver"]) await visitor.row(name).waitFor();
  await visitor.row("write").getByText("micro → light").filter({ visible: true }).waitFor();

  await visitor.row("take").click();
  const detail = page.locator(".detail");
  await detail.getByRole("heading", { name: "take" }).waitFor();
  await visitor.until("there is a heat map", async () => (await visitor.colours(detail.locator(".heat canvas"))) > 10);
  assert.equal(await detail.locator(".chart canvas").count(), 2);
  for (const text of ["p99.9", "in flight", "p95 below 5.00 ms"]) await detail.getByText(text).waitFor();
  await detail.locator("code", { hasText: /order\.number=\d+ order\.items=\d customer="/ }).first().waitFor();
  await detail.getByRole("heading", { name: "Calls", exact: true }).waitFor();
  const line = visitor.row("take").locator("canvas").first();
  await visitor.until("lines have been drawn", async () => (await visitor.colours(line)) > 3);
  await page.waitForTimeout(4000);
  await visitor.shot("functions");
  await detail.evaluate((detail) => detail.scrollTo(0, detail.scrollHeight));
  await visitor.shot("detail");

  await visitor.row("deliver").click();
  await detail.getByRole("heading", { name: "By way" }).waitFor();
  assert.deepEqual((await visitor.column("value", ".detail")).sort(), ["by hand", "by post"]);

  await visitor.tab("Slowest calls");
  await visitor.rows().filter({ hasText: "order.number=" }).first().waitFor();
  await visitor.shot("slowest");

  await visitor.tab("Guards");
  for (const kind of ["circuit_breaker", "rate_limited", "bulkhead"]) await visitor.rows().filter({ hasText: kind }).waitFor();
  const breaker = visitor.rows().filter({ hasText: "circuit_breaker" });
  await visitor.until("the breaker has opened", async () => (await breaker.locator(".c-refused").innerText()).includes("circuit open"));
  await visitor.until("its past is shown", async () => (await visitor.colours(breaker.locator("canvas.states"))) >= 2);
  await visitor.shot("guards");

  await visitor.tab("Queues");
  await visitor.rows().filter({ hasText: "orders" }).getByText("of 32").waitFor();
  await visitor.tab("Locks");
  await visitor.rows().filter({ hasText: "stock" }).getByText("std Mutex").waitFor();
  await visitor.tab("Metrics");
  await visitor.rows().filter({ hasText: "customer=Ada" }).waitFor();
  await visitor.shot("metrics");

  await visitor.tab("Process");
  await page.getByRole("meter", { name: "budget used" }).waitFor();
  for (const name of ["clerk-0", "courier", "perf-aggregate", "perf-export"]) await visitor.rows().filter({ hasText: name }).waitFor();
  await page.getByText("is declared of another class than it is").waitFor();
  await visitor.shot("process");
};
