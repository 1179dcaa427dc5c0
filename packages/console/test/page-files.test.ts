import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { createConsole } from "@keyward/console";
import { createKeyward } from "@keyward/core";
import { expect, it, onTestFinished } from "vitest";
import page from "../dist/page.cjs";

const KB = 1024;
const assets = Object.entries(page.assets).filter(([path]) => path.startsWith("assets/"));

/** The files that a browser loads before the overview is shown: those in the page, those of the overview, and what they import. */
function firstFiles(): ReadonlySet<string> {
  const files = new Set<string>();
  const add = (name: string) => {
    const file = `assets/${name}`;
    const text = page.assets[file]?.text;
    if (text === undefined || files.has(file)) return;
    files.add(file);
    for (const [, imported] of text.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
      add(String(imported));
  };
  for (const [, name] of page.html.matchAll(/\.\/assets\/([\w.-]+)/g)) add(String(name));
  const lazy = assets.map(([path]) => path).filter((path) => /\/(?:overview-page|usage-chart)-/.test(path));
  expect(lazy.length).toBe(3);
  for (const path of lazy) add(path.replace("assets/", ""));
  return files;
}

function setUp() {
  const kw = createKeyward();
  onTestFinished(() => kw.close());
  const kwConsole = createConsole(kw, { authorize: () => undefined });
  return (path: string, accept: string) => {
    const headers = accept === "" ? {} : { "accept-encoding": accept };
    return kwConsole.fetch(new Request(`https://example.com/admin/${path}`, { headers }));
  };
}

it("files are sent in the best encoding that the client accepts", async () => {
  const request = setUp();
  const [path, { text }] = assets.find(([name]) => name.endsWith(".css")) ?? ["", { text: "" }];
  const get = async (accept: string) => {
    const response = await request(path, accept);
    expect(response.headers.get("vary")).toBe("accept-encoding");
    const body = Buffer.from(await response.arrayBuffer());
    return { encoding: response.headers.get("content-encoding"), body };
  };
  // The first to ask gets what is ready first.
  expect((await get("gzip, br")).encoding).toBe("gzip");
  for (const accept of ["br", "gzip, deflate, br;q=1.0", "GZIP, BR"]) {
    const { encoding, body } = await get(accept);
    expect(encoding).toBe("br");
    expect(brotliDecompressSync(body).toString()).toBe(text);
  }
  for (const accept of ["gzip", "br;q=0, gzip", "br; q=0.000,gzip;q=0.1"]) {
    const { encoding, body } = await get(accept);
    expect(encoding).toBe("gzip");
    expect(gunzipSync(body).toString()).toBe(text);
  }
  for (const accept of ["", "identity", "brotli", "gzip;q=0"]) {
    expect(await get(accept)).toMatchObject({ encoding: null });
  }
});

it("the page is at most 125 KB for the overview, and 215 KB in all", { timeout: 30_000 }, async () => {
  const get = setUp();
  const sizeOf = async (files: Iterable<string>) => {
    let bytes = 0;
    for (const file of files) bytes += (await (await get(file, "br")).arrayBuffer()).byteLength;
    return bytes / KB;
  };
  const first = firstFiles();
  expect(first.size).toBeGreaterThanOrEqual(3);
  expect(await sizeOf(first)).toBeLessThanOrEqual(125);
  expect(await sizeOf(assets.map(([path]) => path))).toBeLessThanOrEqual(215);
});
