import { resolve } from "node:path";
import { KeywardError } from "@keyward/core";
import { inspectStore, type StoreReport } from "@keyward/sql";
import { sqliteFileOf, type DeploymentSettings } from "../deployment/settings.ts";
import { checkClock } from "./clock.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";
import { checkFileMode } from "./secret.ts";

/** Checks that the store answers, has the schema of this release, and that its clock agrees with this machine's. */
export async function checkStore({ store }: DeploymentSettings, cwd: string): Promise<Finding[]> {
  const file = sqliteFileOf(store);
  const path = file === undefined ? undefined : resolve(cwd, file);
  let report: StoreReport;
  try {
    report = await inspectStore(path === undefined ? store : `sqlite:${path}`);
  } catch (error) {
    if (!(error instanceof KeywardError)) throw error;
    return [
      problem("store", error.message, "check KEYWARD_STORE, and that this machine can reach the store"),
    ];
  }
  if (report.kind === "memory")
    return [warning("store", "memory: loses every key on exit", "set KEYWARD_STORE to a database")];
  if (!report.exists)
    return [
      problem("store", `there is no database at ${path}`, "set KEYWARD_STORE to the application's store"),
    ];
  const name = path ?? "PostgreSQL";
  return [
    ...checkMigrations(report, name),
    ...(path === undefined ? [] : checkFileMode("store", path)),
    ...(report.clockAheadMs === undefined ? [] : [checkClock("PostgreSQL", report.clockAheadMs)]),
  ];
}

function checkMigrations({ pending, unknown }: StoreReport, name: string): Finding[] {
  if (unknown.length > 0) {
    const message = `${name} has migrations of a newer release (${unknown.join(", ")})`;
    return [problem("store", message, "upgrade this program and the applications that use the store")];
  }
  if (pending.length > 0) {
    const message = `${name} lacks migrations (${pending.join(", ")})`;
    return [
      warning(
        "store",
        message,
        "back up the store; an application of this release migrates it when it starts",
      ),
    ];
  }
  return [ok("store", `${name} answers and is up to date`)];
}
