import assert from "node:assert/strict";

export default async ({ visit }) => {
  const visitor = await visit();
  const { page } = visitor;
  const current = () => page.locator(".master tr[aria-current=true] button.name").innerText();
  const focused = (what) => page.evaluate((what) => document.activeElement[what], what);
  await visitor.row("write").waitFor();
  // What is busy most may change while keys are pressed; names do not.
  await page.locator(".master th.c-name").getByRole("button").click();
  await page.locator("h1").click();
  const names = await visitor.names();
  for (let pressed = 0; pressed < names.length; pressed++) await page.keyboard.press("ArrowUp");
  await visitor.until("the first is chosen", async () => (await current()) === names[0]);
  await page.keyboard.press("ArrowDown");
  await visitor.until("then the second", async () => (await current()) === names[1]);
  await page.keyboard.press("Enter");
  await page.locator(".detail").getByRole("heading", { name: names[1], exact: true }).waitFor();
  await visitor.until("that is where the reader is now", async () => (await focused("tagName")) === "H2");
  await page.keyboard.press("Escape");

  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await visitor.shot("help");
  await page.keyboard.press("Escape");
  await visitor.until("it is closed", async () => (await page.getByRole("dialog").count()) === 0);

  const selected = (name) => page.locator("[role=tab][aria-selected=true]", { hasText: name });
  await page.keyboard.press("4");
  await selected("Guards").waitFor();
  await page.keyboard.press("1");
  await selected("Functions").focus();
  await page.keyboard.press("ArrowRight");
  await selected("Flame graph").waitFor();
  await page.keyboard.press("ArrowLeft");
  await selected("Functions").waitFor();

  await page.keyboard.press("/");
  assert.equal(await focused("id"), "filter");
  await page.keyboard.type("a b?1 t");
  assert.equal(await page.locator("#filter").inputValue(), "a b?1 t", "who types presses no keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  assert.equal(await focused("tagName"), "BODY");
};
