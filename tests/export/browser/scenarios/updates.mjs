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
  await visitor.page.waitForTimeout(4000);
  const late = await visit();
  const line = late.row("take").locator("canvas").first();
  const painted = (canvas) => {
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set([...data.keys()].filter((at) => at % 4 === 3 && data[at] > 0).map((at) => ((at - 3) / 4) % width)).size;
  };
  await late.until("lines are drawn", async () => (await line.evaluate(painted)) > 0);
  assert.ok((await line.evaluate(painted)) >= 4, "who comes late sees what was before");
  assert.equal(await visitor.page.locator(".state").innerText(), "live");
};
