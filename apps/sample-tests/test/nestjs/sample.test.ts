import { fileURLToPath } from "node:url";
import { testSample } from "../../src/index.ts";
import { describe, it } from "vitest";

const main = fileURLToPath(new URL("../../../nestjs-api/dist/main.js", import.meta.url));

describe("on Express", () => {
  testSample(it, main);
});

describe("on Fastify", () => {
  testSample(it, main, { NEST_PLATFORM: "fastify" });
});
