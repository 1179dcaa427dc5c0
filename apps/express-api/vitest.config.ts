import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Where several projects are tested together: after the others.
    sequence: { groupOrder: 2 },
  },
});
