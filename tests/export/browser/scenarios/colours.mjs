import assert from "node:assert/strict";

export default async ({ visit }) => {
  const ground = (visitor) => visitor.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await visit({ colorScheme: "light" });
  const dark = await visit({ colorScheme: "dark" });
  const [bright, dim] = [await ground(light), await ground(dark)];
  assert.notEqual(bright, dim);
  await dark.row("take").click();
  await dark.page.locator(".chart canvas").first().waitFor();
  await dark.page.waitForTimeout(5000);
  await dark.shot("dark");
  await dark.page.getByRole("button", { name: "Light colours" }).click();
  assert.equal(await ground(dark), bright, "the switch is stronger than the system");
  await dark.page.reload();
  await dark.row("take").waitFor();
  assert.equal(await ground(dark), bright, "and is remembered");
  await dark.page.keyboard.press("t");
  await dark.page.getByRole("button", { name: "Light colours" }).waitFor();
  assert.equal(await ground(dark), dim);
  await light.page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await ground(light), dim, "who has said nothing follows the system");
};
