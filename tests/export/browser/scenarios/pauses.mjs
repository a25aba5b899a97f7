import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit();
  const { page } = visitor;
  await page.keyboard.press("Space");
  await page.locator(".state", { hasText: "paused" }).waitFor();
  await page.waitForTimeout(500);
  let requests = 0;
  page.on("request", () => (requests += 1));
  const before = await page.locator(".master").innerText();
  await page.waitForTimeout(3000);
  assert.equal(await page.locator(".master").innerText(), before);
  assert.equal(requests, 0, "the program is left alone");
  assert.equal(await page.getByRole("button", { name: "Go on" }).getAttribute("aria-pressed"), "true");
  await page.keyboard.press("Space");
  await page.locator(".state", { hasText: "live" }).waitFor();
  await visitor.until("it goes on", async () => (await page.locator(".master").innerText()) !== before);
  assert.equal(await page.locator(".notice.warn").count(), 0, "nothing began anew");
};
