import { fileURLToPath } from "node:url";
import { testAttacks } from "../../src/index.ts";
import { describe, it } from "vitest";

const main = fileURLToPath(new URL("../../../nestjs-api/dist/main.js", import.meta.url));

describe("on Express", () => {
  testAttacks(it, main);
});

describe("on Fastify", () => {
  // Nest logs requests whose client leaves before the body is complete, with a stack.
  const aborted = /Error: aborted| at |ECONNRESET|statusCode: .*400|^[^\w]*(?:\d+m)?}/;
  testAttacks(it, main, { NEST_PLATFORM: "fastify" }, aborted);
});
