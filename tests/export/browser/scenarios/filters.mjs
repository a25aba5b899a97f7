import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit();
  await visitor.row("price").waitFor();
  const all = await visitor.rows(".master").count();
  await visitor.page.keyboard.press("/");
  await visitor.page.keyboard.type("PRICING");
  await visitor.until("only those remain", async () => (await visitor.rows(".master").count()) === 3);
  assert.deepEqual((await visitor.names()).sort(), ["item_price", "price", "tax"]);
  const calls = (await visitor.column("calls")).join();
  await visitor.until("it goes on", async () => (await visitor.column("calls")).join() !== calls);
  assert.equal(await visitor.rows(".master").count(), 3, "with those alone");
  await visitor.page.keyboard.type(" nothing");
  await visitor.page.getByText("No function matches “PRICING nothing”.").waitFor();
  await visitor.page.keyboard.press("Escape");
  await visitor.until("all are back", async () => (await visitor.rows(".master").count()) >= all);
};
