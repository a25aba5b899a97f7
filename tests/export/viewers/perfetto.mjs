// What Perfetto makes of a file: of each slice, when it was, how long, its name and how deep, with the thread and the
// process; and the errors that it has counted.

import { look } from "./browser.mjs";

const [browser, folder, file] = process.argv.slice(2);

await look(browser, folder, file, async (page, address) => {
  await page.goto(`${address}/#!/?url=${encodeURIComponent(`${address}/profile`)}`);
  await page.waitForFunction(() => globalThis.app?.trace?.engine, undefined, { timeout: 120_000 });
  return page.evaluate(async () => {
    const ask = async (sql, columns) => {
      const result = await globalThis.app.trace.engine.query(sql);
      const rows = [];
      for (const row = result.iter({}); row.valid(); row.next()) {
        rows.push(columns.map((column) => row.get(column)).map((cell) => (typeof cell === "bigint" ? Number(cell) : cell)));
      }
      return rows;
    };
    const slices = await ask(
      `select slice.ts, slice.dur, slice.name, slice.category, slice.depth, thread.tid, thread.name as thread,
         process.name as process
       from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) join process using (upid)
       order by thread.tid, slice.ts, slice.depth`,
      ["ts", "dur", "name", "category", "depth", "tid", "thread", "process"],
    );
    const errors = await ask("select name, value from stats where severity = 'error' and value > 0", ["name", "value"]);
    return { slices, errors };
  });
});
