import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const program = fileURLToPath(new URL("fixtures/server.mjs", import.meta.url));

/** The runtimes come from npm; the program imports the packages as they were built. */
it.each([
  ["Bun", "bun@1.4.5", ["bun", "run"]],
  ["Deno", "deno@2.9.6", ["deno", "run", "-A", "--node-modules-dir=manual"]],
])("works on %s", { timeout: 180_000 }, (_name, runtime, command) => {
  const output = execFileSync("npx", ["--yes", "--package", runtime, ...command, program], {
    encoding: "utf8",
  });
  expect(output.trim()).toBe("ok");
});
