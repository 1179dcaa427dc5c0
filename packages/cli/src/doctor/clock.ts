import { ok, warning, type Finding } from "./finding.ts";

/** What clocks may differ by: limits in Redis go by its clock, the end of a key by each server's own. */
const TOLERATED_MS = 1000;

export function checkClock(of: string, aheadMs: number): Finding {
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  if (Math.abs(aheadMs) <= TOLERATED_MS) return ok("clock", `agrees with that of ${of}`);
  return warning(
    "clock",
    `that of ${of} is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} this machine's`,
    "run NTP on both: keys end, and days turn, by the clock",
  );
}
