import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit();
  const calls = async () => Number((await visitor.row("take").locator(".c-calls").innerText()).replace(/\D/g, ""));
  const before = await calls();
  await visitor.until("calls are counted on", async () => (await calls()) > before);
  await visitor.row("take").click();
  const canvas = visitor.page.locator(".heat canvas");
  const picture = () => canvas.evaluate((canvas) => canvas.toDataURL());
  const first = await picture();
  await visitor.until("the heat map goes on", async () => (await picture()) !== first);
  assert.equal(await visitor.page.locator(".state").innerText(), "live");
};
