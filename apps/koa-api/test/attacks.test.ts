import { fileURLToPath } from "node:url";
import { testAttacks } from "@keyward/sample/testing";
import { it } from "vitest";

testAttacks(it, fileURLToPath(new URL("../dist/main.js", import.meta.url)));
