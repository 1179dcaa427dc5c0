import * as core from "@keyward/core";
import { expect, it } from "vitest";

it("exports these names, and a change to them is a change to the public surface", () => {
  expect(Object.keys(core).toSorted()).toEqual([
    "KeywardError",
    "MAX_KEY_LENGTH",
    "Secret",
    "acceptUpgrade",
    "checkRequirements",
    "clientOf",
    "createKeyFinder",
    "createKeyward",
    "flexibleLimiter",
    "foldCase",
    "giveRequestField",
    "isLoopback",
    "memoryLimiter",
    "memoryStore",
    "readSecrets",
    "routeUpgrades",
  ]);
});
