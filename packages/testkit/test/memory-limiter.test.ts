import { memoryLimiter } from "@keyward/core";
import { testLimiter } from "@keyward/testkit";
import { describe, it } from "vitest";

testLimiter(
  { describe, it },
  {
    name: "memory",
    create: (clock) => memoryLimiter({ clock }),
    // Fewer where each mutant runs them.
    runs: Number(process.env["MODEL_RUNS"] ?? 20_000),
  },
);
