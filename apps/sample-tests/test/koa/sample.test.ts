import { fileURLToPath } from "node:url";
import { testSample } from "../../src/index.ts";
import { it } from "vitest";

testSample(it, fileURLToPath(new URL("../../../koa-api/dist/main.js", import.meta.url)));
