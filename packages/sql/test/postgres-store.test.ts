import { startPostgres, type PostgresServer } from "@keyward/test-servers";
import { testKeyStore } from "@keyward/testkit";
import { postgresStore } from "@keyward/sql";
import { afterAll, beforeAll, describe, it } from "vitest";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

testKeyStore(
  { describe, it },
  {
    name: "PostgreSQL",
    async create() {
      const url = await server.createDatabase();
      return { store: await postgresStore(url), reopen: () => postgresStore(url) };
    },
  },
);
