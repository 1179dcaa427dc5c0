import { fileURLToPath } from "node:url";
import { testSample } from "@keyward/sample/testing";
import { it } from "vitest";

testSample(it, fileURLToPath(new URL("../dist/main.js", import.meta.url)));
