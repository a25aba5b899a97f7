import assert from "node:assert/strict";

export const flags = ["--strange"];

/** Columns of a canvas in which something is painted. */
const painted = (canvas) =>
  canvas.evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set([...data.keys()].filter((at) => at % 4 === 3 && data[at] > 0).map((at) => ((at - 3) / 4) % canvas.width)).size;
  });

export default async ({ visit }) => {
  const visitor = await visit();
  const { page } = visitor;
  // Meanwhile nobody looks at guards, but the page is open.
  await page.waitForTimeout(9000);
  await visitor.tab("Guards");
  const row = (visitor, text) => visitor.rows().filter({ hasText: text });
  const lines = (visitor, text) => row(visitor, text).first().locator("canvas.spark");
  await visitor.until("refusals are drawn", async () => (await painted(lines(visitor, "circuit_breaker"))) > 5);
  assert.equal(await row(visitor, "mail").count(), 2, "guards of one name are two");
  const refused = await row(visitor, "mail").locator(".c-refused").allInnerTexts();
  assert.equal(refused.filter((text) => text.includes("rate limited")).length, 1, refused.join());
  await page.getByText(/is known of the last \d+ s/).waitFor();
  await visitor.shot("known");

  // Who comes later is told what others were.
  const late = await visit();
  await late.page.keyboard.press("4");
  await lines(late, "circuit_breaker").waitFor();
  await late.until("lines are drawn", async () => (await painted(lines(late, "circuit_breaker"))) > 5);
  const states = row(late, "circuit_breaker").locator("canvas.states");
  assert.ok((await painted(states)) > 8);
  assert.match(await states.getAttribute("aria-label"), /closed \d+ s.*open \d+ s/);

  // What nobody has seen is not made up, nor told as if it had been at once.
  await page.keyboard.press("Space");
  await late.page.close();
  await page.waitForTimeout(14_000);
  await page.keyboard.press("Space");
  await page.locator(".state", { hasText: "live" }).waitFor();
  await page.getByText(/is written down from now on|is known of the last [1-4] s/).waitFor();
  await visitor.shot("gap");
};
