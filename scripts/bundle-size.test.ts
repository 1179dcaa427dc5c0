import { build } from "esbuild";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./published-packages.mjs";

/** Bytes of a minified program for Node, without the frameworks themselves. */
async function bundledSize(program: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: join(root, "apps/express-api") },
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20.12",
    conditions: ["source"],
    external: ["express"],
  });
  return outputFiles[0]?.contents.length ?? 0;
}

describe("a bundle", () => {
  it.each([
    [
      "an Express API with keys and limits in memory",
      225,
      'import { createKeyward } from "@keyward/core"; import { keyward } from "@keyward/express"; console.log(keyward(createKeyward()));',
    ],
    ["the Express middleware alone", 15, 'import { keyward } from "@keyward/express"; console.log(keyward);'],
    ["KeywardError alone", 5, 'import { KeywardError } from "@keyward/core"; console.log(KeywardError);'],
  ])("with %s has at most %i KB", async (_name, kilobytes, program) => {
    expect((await bundledSize(program)) / 1024).toBeLessThanOrEqual(kilobytes);
  });
});
