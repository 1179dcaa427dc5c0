import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";
import { base } from "../../../../vitest.base.ts";

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The tests of the Nest package, with Nest 11 in place of the current one. */
export default mergeConfig(
  base,
  defineConfig({
    resolve: { alias: [{ find: /^@nestjs/, replacement: pathOf("node_modules/@nestjs") }] },
    test: { name: "nest 11", dir: pathOf(".."), include: ["*.test.ts"], exclude: ["graphql.test.ts"] },
  }),
);
