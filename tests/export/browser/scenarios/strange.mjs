import assert from "node:assert/strict";

export const flags = ["--strange"];

export default async ({ visit }) => {
  for (const [width, colorScheme] of [
    [1440, "dark"],
    [360, "light"],
  ]) {
    const visitor = await visit({ width, height: 800, colorScheme });
    const { page } = visitor;
    const fits = async (where) => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, where);
    page.on("dialog", () => visitor.wrong.push("a name was run"));
    const rows = visitor.rows(".master");
    const names = ["<script>alert(1)</script>", "<img src=x onerror=alert(2)>", "safe\\u{202e}evil", "הזמנה_חדשה", "👩", `q?name=a&b=%20#c "d" 'e'`, "insert"];
    for (const name of names) await rows.filter({ hasText: name }).waitFor();
    const long = rows.filter({ hasText: "until_it_is_wider_than_any" });
    await visitor.until("it is cut where there is no room", () => long.locator("button.name").evaluate((name) => name.scrollWidth > name.clientWidth && getComputedStyle(name).textOverflow === "ellipsis"));
    await fits("the table");
    await visitor.shot(`functions-${width}`);

    const detail = page.locator(".detail");
    for (const name of [...names.slice(1), "until_it_is_wider_than_any"]) {
      await rows.filter({ hasText: name }).first().locator("button.name").click();
      await detail.getByRole("heading", { name }).waitFor();
      await detail.locator(".facts").waitFor();
      await fits(name);
      if (name.startsWith("<img")) {
        await detail.locator("code", { hasText: `text=<b>bold</b> & "quoted"\\u{202e}backwards more=long` }).first().waitFor();
        await visitor.shot(`detail-${width}`);
      }
      if (width < 500) await page.getByRole("button", { name: "← Functions" }).click();
    }
    assert.equal(await page.locator("main script, main img, main b:has-text('bold')").count(), 0);

    await visitor.tab("Metrics");
    const metric = (name) => visitor.rows().filter({ hasText: name }).locator("td.c-value").innerText();
    await visitor.rows().filter({ hasText: "way=\\u{202e}& <b>" }).waitFor();
    const expected = { not_a_number: "NaN", endless: "∞", huge: "1.00 × 10³⁰⁰", tiny: "−1.00 × 10⁻³⁰⁰", nothing: "0", most: "1.84 × 10¹⁹" };
    for (const [name, value] of Object.entries(expected)) assert.equal(await metric(name), value, name);
    for (const name of ["Metrics", "Slowest calls", "Guards", "Flame graph"]) {
      await visitor.tab(name);
      await page.waitForTimeout(500);
      await fits(name);
    }
    await visitor.tab("Slowest calls");
    await visitor.shot(`slowest-${width}`);
    assert.deepEqual(await visitor.violations(), []);
  }
};
