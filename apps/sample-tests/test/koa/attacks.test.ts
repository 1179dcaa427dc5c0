import { fileURLToPath } from "node:url";
import { testAttacks } from "../../src/index.ts";
import { it } from "vitest";

testAttacks(it, fileURLToPath(new URL("../../../koa-api/dist/main.js", import.meta.url)));
