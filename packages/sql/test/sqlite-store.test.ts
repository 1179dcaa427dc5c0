import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "@keyward/sql";
import { testKeyStore } from "@keyward/testkit";
import { describe, it } from "vitest";

testKeyStore(
  { describe, it },
  {
    name: "SQLite",
    async create() {
      const folder = mkdtempSync(join(tmpdir(), "keyward-sqlite-"));
      const file = join(folder, "keyward.db");
      return {
        store: await sqliteStore(file),
        reopen: () => sqliteStore(file),
        cleanUp: async () => rmSync(folder, { recursive: true }),
      };
    },
  },
);
