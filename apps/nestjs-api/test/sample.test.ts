import { fileURLToPath } from "node:url";
import { testSample } from "@keyward/sample/testing";
import { describe, it } from "vitest";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

describe("on Express", () => {
  testSample(it, main);
});

describe("on Fastify", () => {
  testSample(it, main, { NEST_PLATFORM: "fastify" });
});
