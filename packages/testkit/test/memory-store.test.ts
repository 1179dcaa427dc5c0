import { memoryStore } from "@keyward/core";
import { testKeyStore } from "@keyward/testkit";
import { describe, it } from "vitest";

testKeyStore({ describe, it }, { name: "memory", create: async () => ({ store: memoryStore() }) });
