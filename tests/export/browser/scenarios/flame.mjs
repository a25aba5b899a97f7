import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit();
  const { page } = visitor;
  await visitor.tab("Flame graph");
  const bar = (name) => page.locator(`.flame .bar[aria-label*="::${name},"]`);
  await bar("write").waitFor();
  const width = async (name) => (await bar(name).boundingBox()).width;
  const whole = (await page.locator(".flame").boundingBox()).width;
  const trail = async () => (await page.locator(".trail nav button").allInnerTexts()).join();
  assert.ok((await width("take")) < whole, "something else is beside it");
  assert.ok((await width("reserve")) <= (await width("take")) + 1, "who is called takes no longer than who calls");
  await visitor.shot("all");

  await bar("reserve").click();
  await visitor.until("it is as wide as the picture", async () => Math.abs((await width("reserve")) - whole) < 2);
  assert.equal(await bar("price").count(), 0, "what is beside it is not there");
  assert.equal(await trail(), "all,take,reserve");
  await visitor.shot("zoomed");
  const traced = () => page.getByText("calls traced").innerText();
  const before = await traced();
  await visitor.until("there is another tree", async () => (await traced()) !== before);
  assert.equal(await trail(), "all,take,reserve", "which is zoomed to as before");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await bar("deliver").waitFor();
  assert.equal(await trail(), "all");

  await page.keyboard.press("/");
  await page.keyboard.type("pricing");
  await page.getByText("of the time matches").waitFor();
  const isFound = await page.locator(".flame .bar").evaluateAll((bars) =>
    bars.map((bar) => bar.classList.contains("found") === bar.getAttribute("aria-label").includes("pricing::")),
  );
  assert.ok(isFound.length > 3 && isFound.every(Boolean), "those are marked, and no others");
  await visitor.shot("search");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");

  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? "");
  await bar("take").focus();
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /::reserve,/);
  await page.keyboard.press("ArrowUp");
  assert.match(await focused(), /::take,/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(), /::(price|charge),/);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await visitor.until("Enter zooms", async () => (await trail()) === "all,take,reserve");
  await page.keyboard.press("Enter");
  await visitor.until("and back", async () => (await trail()) === "all,take");
};
