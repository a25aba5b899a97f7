// What speedscope makes of a file: of each profile, its name, and the table of its functions.

import { readFile } from "node:fs/promises";

import Ajv from "ajv";

import { look } from "./browser.mjs";

const [browser, file] = process.argv.slice(2);
const release = new URL("node_modules/speedscope/dist/release/", import.meta.url).pathname;

// First by what it says its files are like.
const schema = JSON.parse(await readFile(`${release}file-format-schema.json`));
const content = JSON.parse(await readFile(file));
const check = new Ajv({ strict: false }).compile(schema);
if (!check(content)) {
  throw new Error(JSON.stringify(check.errors));
}

await look(browser, release, file, async (page, address) => {
  await page.goto(`${address}/index.html#profileURL=${encodeURIComponent(`${address}/profile`)}`);
  const profiles = [];
  for (const { name } of content.profiles) {
    // What is the only one has no number.
    const count = content.profiles.length;
    const title = count === 1 ? name : `${name} (${profiles.length + 1}/${count})`;
    const isShown = (text) => document.body.innerText.replaceAll(/\s+/g, " ").includes(text);
    await page.waitForFunction(isShown, title.replaceAll(/\s+/g, " "));
    // The view with a table that can be read; the others are drawn.
    await page.keyboard.press("3");
    const rows = page.locator("tr:has(td):visible");
    await rows.first().waitFor();
    const cells = await rows.evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.innerText.trim())),
    );
    profiles.push({ title, rows: cells });
    await page.keyboard.press("n");
  }
  return profiles;
});
