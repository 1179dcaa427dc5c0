import { ok, warning, type Finding } from "./finding.ts";

/** Limits in Redis follow its clock, and the expiry of keys that of each server. */
const TOLERANCE_MS = 1000;

export function checkClock(server: string, aheadMs: number): Finding {
  if (Math.abs(aheadMs) <= TOLERANCE_MS)
    return ok("clock", `the clock of ${server} agrees with this machine's`);
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  return warning(
    "clock",
    `the clock of ${server} is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} this machine's`,
    "run NTP on both machines: keys expire and days begin by the clock",
  );
}
