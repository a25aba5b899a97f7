import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit();
  await visitor.row("tax").waitFor();
  const head = (id) => visitor.page.locator(`.master th.c-${id}`);
  assert.equal(await head("busy").getAttribute("aria-sort"), "descending");
  // Numbers of a table that stands still.
  await visitor.page.keyboard.press("Space");
  const numbers = async (id) => (await visitor.column(id)).map((text) => Number(text.replace(/[^\d.]/g, "")));
  const busy = await numbers("busy");
  assert.ok(busy.length > 5);
  assert.deepEqual(busy, [...busy].sort((a, b) => b - a), "those that are busy most come first");
  await head("calls").getByRole("button").click();
  await visitor.until("it is sorted by calls", async () => (await head("calls").getAttribute("aria-sort")) === "descending");
  const calls = await numbers("calls");
  assert.deepEqual(calls, [...calls].sort((a, b) => b - a));
  assert.equal(await head("busy").getAttribute("aria-sort"), null);
  await head("calls").getByRole("button").click();
  await visitor.until("the other way round", async () => (await head("calls").getAttribute("aria-sort")) === "ascending");
  assert.deepEqual(await numbers("calls"), calls.sort((a, b) => a - b));
  await head("name").getByRole("button").click();
  await visitor.until("it is sorted by name", async () => (await head("name").getAttribute("aria-sort")) === "ascending");
  const names = await visitor.names();
  assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b)));
  // And stays so while numbers change.
  await visitor.page.locator("h1").click();
  await visitor.page.keyboard.press("Space");
  const before = (await visitor.column("calls")).join();
  await visitor.until("it goes on", async () => (await visitor.column("calls")).join() !== before);
  assert.equal(await head("name").getAttribute("aria-sort"), "ascending");
  assert.deepEqual(await visitor.names(), names);
};
