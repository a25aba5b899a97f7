// One scenario in a real browser, against a real program:
// CHROMIUM=… PROGRAM=… EXAMPLE=… SCREENSHOTS=… node drive.mjs SCENARIO
import { Program } from "./program.mjs";
import { Visitor, launch } from "./visitor.mjs";

const scenario = process.argv[2];
// A test that waits for ever says nothing.
setTimeout(() => {
  console.error(`${scenario} took too long`);
  process.exit(3);
}, 240_000).unref();

const { default: play, kind = "measured", flags = [], allows = [], first = "take" } = await import(`./scenarios/${scenario}.mjs`);
const browser = await launch();
const program = new Program(kind, flags);
try {
  await program.start();
  const visitors = [];
  const visit = async (options = {}) => {
    const visitor = new Visitor(browser, program.url, scenario, { allows, first });
    await visitor.open(options);
    visitors.push(visitor);
    return visitor;
  };
  await play({ visit, program });
  for (const visitor of visitors) visitor.check();
} finally {
  program.stop();
  await browser.close();
}
