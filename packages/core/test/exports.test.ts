import * as core from "@keyward/core";
import { expect, it } from "vitest";

it("exports these names, and no others", () => {
  expect(Object.keys(core).toSorted()).toEqual([
    "AUDIT_ACTIONS",
    "KeywardError",
    "MAX_KEY_LENGTH",
    "ME_OPENAPI",
    "Secret",
    "createKeyFinder",
    "createKeyward",
    "isQuotaPolicy",
    "leakReceiver",
    "matchesStoredSecret",
    "memoryLimiter",
    "memoryStore",
    "readSecrets",
    "secretWeakness",
    "statusOf",
  ]);
});
