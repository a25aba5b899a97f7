import assert from "node:assert/strict";

export const flags = ["--many"];

export default async ({ visit }) => {
  const visitor = await visit();
  const { page } = visitor;
  await visitor.until("all are there", async () => (await visitor.rows(".master").count()) >= 209);
  await page.waitForTimeout(8000);
  await visitor.shot("functions");
  const heights = await visitor.rows(".master").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
  assert.ok(heights.every((height) => height < 40), "each is one line");
  await page.locator("#filter").fill("customers::find");
  await visitor.until("one is left", async () => (await visitor.rows(".master").count()) === 1);
  await page.locator("#filter").fill("");
  await page.locator("h1").click();
  for (let pressed = 0; pressed < 60; pressed++) await page.keyboard.press("ArrowDown");
  await visitor.until("what is chosen is in sight", () =>
    page.locator(".master tr[aria-current=true]").evaluate((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return top >= 0 && bottom <= window.innerHeight;
    }),
  );
  await visitor.tab("Flame graph");
  await page.locator('.bar[aria-label*="::call_all,"]').click();
  await visitor.until("there are many", async () => (await page.locator(".flame .bar").count()) > 60);
  await visitor.shot("flame");
};
