import { memoryLimiter } from "@keyward/core";
import { testLimiter } from "@keyward/testkit";
import { describe, it } from "vitest";

testLimiter({ describe, it }, { name: "memory", create: (clock) => memoryLimiter({ clock }), runs: 10_000 });
