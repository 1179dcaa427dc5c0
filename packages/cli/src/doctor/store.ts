import { KeywardError } from "@keyward/core";
import { inspectStore, openStore, type StoreReport } from "@keyward/sql";
import { locateStore, type DeploymentSettings } from "../deployment/settings.ts";
import { checkAddresses } from "./addresses.ts";
import { checkClock } from "./clock.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";
import { checkFileMode, checkSecretMatches } from "./secret.ts";

export interface StoreChecks {
  /** The folder that paths are relative to. */
  readonly cwd: string;
  /** True if forged addresses are tried against the application. */
  readonly areForgedChecked: boolean;
}

/**
 * Checks that the store responds, has the schema of this release, that its clock agrees with this machine's, and that the address lists
 * in it can work.
 */
export async function checkStore(
  settings: DeploymentSettings,
  { cwd, areForgedChecked }: StoreChecks,
): Promise<Finding[]> {
  const { store } = settings;
  const { url, path } = locateStore(store, cwd);
  let report: StoreReport;
  try {
    report = await inspectStore(url);
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
    ...checkSecretMatches(settings, report.secretChecks),
    ...checkMigrations(report, name),
    ...(path === undefined ? [] : checkFileMode("store", path)),
    ...(report.clockAheadMs === undefined ? [] : [checkClock("PostgreSQL", report.clockAheadMs)]),
    ...(isUpToDate(report) ? await checkLists(url, areForgedChecked) : []),
  ];
}

function isUpToDate({ pending, unknown }: StoreReport): boolean {
  return pending.length === 0 && unknown.length === 0;
}

async function checkLists(url: string, areForgedChecked: boolean): Promise<Finding[]> {
  const store = await openStore(url, { migrate: false });
  try {
    return await checkAddresses(store, areForgedChecked);
  } finally {
    await store.close();
  }
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
        "back up the store, then run keyward migrate, or start an application of this release",
      ),
    ];
  }
  return [ok("store", `${name} responds and is up to date`)];
}
