import assert from "node:assert/strict";

export default async ({ visit }) => {
  for (const colorScheme of ["light", "dark"]) {
    const visitor = await visit({ colorScheme });
    await visitor.row("take").click();
    await visitor.page.locator(".detail .chart canvas").first().waitFor();
    assert.deepEqual(await visitor.violations(), [], `functions, ${colorScheme}`);
    for (const name of ["Flame graph", "Slowest calls", "Guards", "Queues", "Locks", "Metrics", "Process"]) {
      await visitor.tab(name);
      await visitor.page.waitForTimeout(1500);
      assert.deepEqual(await visitor.violations(), [], `${name}, ${colorScheme}`);
    }
    await visitor.page.keyboard.press("?");
    await visitor.page.getByRole("dialog").waitFor();
    assert.deepEqual(await visitor.violations(), [], `help, ${colorScheme}`);
  }
};
