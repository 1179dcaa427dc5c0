import { memoryLimiter } from "@keyward/core";
import { testLimiter } from "@keyward/testkit";
import { describe, it } from "vitest";

/** Random histories that are compared with the reference model's. */
const RUNS = Number(process.env["MODEL_RUNS"] ?? 10_000);

testLimiter({ describe, it }, { name: "memory", create: (clock) => memoryLimiter({ clock }), runs: RUNS });
