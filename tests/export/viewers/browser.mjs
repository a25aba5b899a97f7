// A browser that has nothing but a folder to look at, and one file beside it.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { chromium } from "playwright-core";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves `folder`, and `file` as /profile, and gives a page of a browser to `look`, and the address. */
export async function look(program, folder, file, look) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const found = path === "/profile" ? file : join(folder, path === "/" ? "index.html" : path);
    try {
      const body = await readFile(found);
      response.setHeader("content-type", TYPES[extname(found)] ?? "application/octet-stream");
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  server.listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const address = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    // Nobody else is asked for anything.
    await page.route((url) => url.origin !== address, (route) => route.abort());
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    const seen = await look(page, address);
    if (errors.length > 0) {
      throw new Error(errors.join("\n"));
    }
    console.log(JSON.stringify(seen));
  } finally {
    await browser.close();
    server.close();
  }
}
