// Makes ../src/page/dist of what is in src/: the same bytes from the same sources, on every machine.
import { build } from "esbuild";
import { copyFile, mkdir, readFile } from "node:fs/promises";

const to = process.argv[2] ?? new URL("../src/page/dist", import.meta.url).pathname;
const from = new URL("src", import.meta.url).pathname;

// Whoever hands these on has to hand on their licences.
const licences = ["preact", "uplot"].map(async (name) => {
  const text = await readFile(new URL(`node_modules/${name}/LICENSE`, import.meta.url), "utf8");
  return `${name}:\n${text.trim()}`;
});
const banner = `/*\nContains what is under these licences.\n\n${(await Promise.all(licences)).join("\n\n")}\n*/`;

await mkdir(to, { recursive: true });
await build({
  absWorkingDir: from,
  entryPoints: { app: "main.tsx" },
  outdir: to,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  banner: { js: banner },
  charset: "utf8",
  logLevel: "warning",
});
for (const file of ["index.html", "icon.svg"]) {
  await copyFile(`${from}/${file}`, `${to}/${file}`);
}
