import * as core from "@keyward/core";
import { expect, it } from "vitest";

it("exports these names, and no others", () => {
  expect(Object.keys(core).toSorted()).toEqual([
    "KeywardError",
    "MAX_KEY_LENGTH",
    "MAX_LISTED_SESSIONS",
    "ME_OPENAPI",
    "Secret",
    "acceptUpgrade",
    "checkHttps",
    "clientOf",
    "createKeyFinder",
    "createKeyward",
    "flexibleLimiter",
    "foldCase",
    "isLocal",
    "isLoopback",
    "isQuotaPolicy",
    "isText",
    "leakReceiver",
    "matchesStoredSecret",
    "meetsHttps",
    "memoryLimiter",
    "memoryStore",
    "newOwner",
    "readSecrets",
    "routeUpgrades",
    "secretWeakness",
    "statusOf",
  ]);
});
