import assert from "node:assert/strict";

export const flags = ["--strange"];

export default async ({ visit, program }) => {
  const visitor = await visit();
  const { page } = visitor;
  const detail = page.locator(".detail");
  const twins = visitor.rows(".master").filter({ hasText: /^twin/ }).filter({ hasText: "strange.rs:" });
  await visitor.until("both are there", async () => (await twins.count()) === 2);
  await page.locator("#filter").fill("twins::twin");
  await page.locator(".master th.c-calls").getByRole("button").click();
  await visitor.until("the one that is called most is first", async () => {
    const [first, second] = (await visitor.column("calls")).map((text) => Number(text.replace(/\D/g, "")));
    return first > 10 * second && second > 0;
  });
  const place = async (row) => /strange\.rs:\d+/.exec(await row.innerText())[0];
  const places = [await place(twins.nth(0)), await place(twins.nth(1))];
  assert.notEqual(places[0], places[1]);
  for (const [at, isSlow] of [[0, false], [1, true], [0, false]]) {
    await twins.nth(at).click();
    await detail.locator(".under", { hasText: places[at] }).waitFor();
    const calls = await detail.locator(".facts > div").first().innerText();
    const captured = () => detail.locator("td.c-captured code").count();
    if (isSlow) await visitor.until("its calls are listed", async () => (await captured()) > 0);
    else assert.equal(await captured(), 0, `${calls}: it captures nothing`);
    assert.equal(await detail.locator("dt", { hasText: /^self$/ }).count(), 0, "nobody knows whose own time it is");
    assert.equal(await page.locator(".master tr[aria-current=true]").count(), 1);
    assert.match(await page.locator(".master tr[aria-current=true]").innerText(), new RegExp(places[at].replace(".", "\\.")));
  }
  await detail.getByText("is of all 2 that are named like this").waitFor();
  await visitor.shot("chosen");

  await visitor.tab("Slowest calls");
  await page.locator("#filter").fill("twins::twin");
  await visitor.rows().getByRole("button", { name: places[1] }).first().click();
  await detail.locator(".under", { hasText: places[1] }).waitFor();

  // From the tree, which knows names alone, one comes to both.
  await visitor.tab("Flame graph");
  await page.locator("#filter").fill("");
  await page.locator('.flame .bar[aria-label*="::twin,"]').first().focus();
  await page.getByRole("button", { name: "details" }).click();
  await visitor.until("both are listed", async () => (await visitor.rows(".master").count()) === 2);

  const ask = async (query) => fetch(`${program.url}page/function?${new URLSearchParams(query)}`);
  const name = "measured::strange::twins::twin";
  const ambiguous = await ask({ name });
  assert.equal(ambiguous.status, 300);
  const lines = (await ambiguous.text()).trim().split("\n").slice(1);
  assert.equal(lines.length, 2);
  for (const line of lines) {
    const [module, location] = line.split(" ");
    const answer = await ask({ name, module, location });
    assert.equal((await answer.json()).location, location);
    assert.equal((await ask({ name, location })).status, 200);
  }
  assert.equal((await ask({ name, location: "elsewhere.rs:1" })).status, 404);
  assert.equal((await ask({ name: "measured::shop::take" })).status, 200, "where there is one, its name is enough");
};
