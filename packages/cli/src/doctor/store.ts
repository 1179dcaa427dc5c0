import { resolve } from "node:path";
import { KeywardError } from "@keyward/core";
import { inspectStore, type StoreReport } from "@keyward/sql";
import { fileOf, type Settings } from "../settings.ts";
import { checkClock } from "./clock.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";
import { checkFile } from "./secret.ts";

/** Does the store answer, is its schema that of this release, and does its clock agree? */
export async function checkStore({ store }: Settings, cwd: string): Promise<Finding[]> {
  const file = fileOf(store);
  const path = file === undefined ? undefined : resolve(cwd, file);
  let report: StoreReport;
  try {
    report = await inspectStore(path === undefined ? store : `sqlite:${path}`);
  } catch (error) {
    if (!(error instanceof KeywardError)) throw error;
    return [problem("store", error.message, "check KEYWARD_STORE, and that it can be reached from here")];
  }
  if (report.kind === "memory") {
    return [warning("store", "memory: forgets every key at the end", "set KEYWARD_STORE to a database")];
  }
  if (!report.exists) {
    return [problem("store", `there is no database at ${path}`, "set KEYWARD_STORE to the application's")];
  }
  const where = path ?? "PostgreSQL";
  return [
    ...checkMigrations(report, where),
    ...(path === undefined ? [] : checkFile("store", path)),
    ...(report.clockAheadMs === undefined ? [] : [checkClock("PostgreSQL", report.clockAheadMs)]),
  ];
}

function checkMigrations({ pending, unknown }: StoreReport, where: string): Finding[] {
  if (unknown.length > 0) {
    const what = `${where} was migrated by a newer release (${unknown.join(", ")})`;
    return [problem("store", what, "upgrade this program and the applications that use the store")];
  }
  if (pending.length > 0) {
    const what = `${where} lacks migrations (${pending.join(", ")})`;
    return [warning("store", what, "they run when an application of this release starts; back up first")];
  }
  return [ok("store", `${where} answers and is up to date`)];
}
