import assert from "node:assert/strict";

// What a browser says of who does not answer.
export const allows = ["net::ERR_"];

export default async ({ visit, program }) => {
  const visitor = await visit();
  const { page } = visitor;
  await visitor.row("take").click();
  await program.kill();
  await page.getByText("The program has not answered for").waitFor();
  assert.equal(await page.locator(".state").innerText(), "lost");
  assert.ok(await visitor.row("take").isVisible(), "what was known is still shown");
  await visitor.shot("lost");
  await program.start();
  await page.getByText("The program was started anew").waitFor();
  await page.locator(".state", { hasText: "live" }).waitFor();
  await visitor.row("take").waitFor();
  await page.locator(".detail .heat canvas").waitFor();
  await visitor.shot("anew");
  await page.getByRole("button", { name: "Dismiss" }).click();
  await visitor.until("nothing more is said", async () => (await page.locator(".notice").count()) === 0);
};
