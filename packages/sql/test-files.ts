import { findProgram } from "../test-servers/src/find-program.mjs";

/** True if PostgreSQL is installed here. POSTGRES_URL may name another server. */
export const hasPostgres = findProgram("postgres") !== undefined;

/** Tests that stop and configure their server, which the server of POSTGRES_URL does not allow. */
export const OWN_SERVER = ["test/postgres-failures.test.ts", "test/postgres-connections.test.ts"];

/** Tests that measure time, or keep all processors busy: nothing else runs beside them. */
export const TIMING = [
  "test/audit.test.ts",
  "test/databases.test.ts",
  "test/history.test.ts",
  "test/postgres-failures.test.ts",
  "test/spread.test.ts",
];
