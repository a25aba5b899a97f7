import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit({ width: 360, height: 800 });
  const { page } = visitor;
  const fits = async (where) => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 360, `${where} is ${width} wide`);
  };
  await fits("the table");
  assert.ok(!(await page.locator(".detail").isVisible()));
  await visitor.shot("functions");
  await visitor.row("take").click();
  await page.locator(".detail .heat canvas").waitFor();
  assert.ok(!(await page.locator(".master").isVisible()));
  await fits("the detail");
  await visitor.shot("detail");
  await page.getByRole("button", { name: "← Functions" }).click();
  await visitor.row("take").waitFor();
  // A tab that is gone to by a key is in sight.
  await page.locator("h1").click();
  await page.keyboard.press("8");
  await visitor.until("the last tab is in sight", () =>
    page.locator("#tab-process").evaluate((tab) => {
      const { left, right } = tab.getBoundingClientRect();
      return left >= 0 && right <= window.innerWidth + 1;
    }),
  );
  for (const name of ["Flame graph", "Slowest calls", "Guards", "Queues", "Locks", "Metrics", "Process"]) {
    await visitor.tab(name);
    await page.waitForTimeout(300);
    await fits(name);
    await visitor.shot(name.toLowerCase().replace(" ", "-"));
  }
};
