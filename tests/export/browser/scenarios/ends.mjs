import assert from "node:assert/strict";

// What a browser says of who does not answer.
export const allows = ["net::ERR_"];

export default async ({ visit, program }) => {
  const visitor = await visit();
  const { page } = visitor;
  await visitor.row("take").click();
  await page.locator(".detail .heat canvas").waitFor();
  await page.keyboard.press("Space");
  await page.locator(".state", { hasText: "paused" }).waitFor();
  await program.kill();
  await page.waitForTimeout(2000);
  assert.equal(await page.locator(".state").innerText(), "paused");
  assert.equal(await page.locator(".notice.bad").count(), 0, "nobody has asked it for anything");
  assert.ok(await page.locator(".detail .heat canvas").isVisible(), "what was known is still shown");
  await visitor.row("deliver").click();
  await page.locator(".detail").getByText("Nothing is asked of the program while the page is paused.").waitFor();
  await visitor.row("take").click();
  await page.locator(".detail .heat canvas").waitFor();
  await visitor.shot("paused");
  await page.locator("h1").click();
  await page.keyboard.press("Space");
  await page.getByText("The program has not answered for").waitFor();
  await program.start();
  await page.getByText("The program was started anew").waitFor();
  await page.locator(".detail").getByRole("heading", { name: "take" }).waitFor();
  await page.locator(".detail .heat canvas").waitFor();
};
