import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPacked } from "./install-packed.mjs";

const RUNS = 15;

/** The time that a new process takes to import a package, in milliseconds. */
function measure(name, cwd) {
  const program = `const startedAt = performance.now(); await import("${name}"); console.log(performance.now() - startedAt)`;
  const args = ["--input-type=module", "--eval", program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Returns the import time of a packed package relative to `peer`: the ratio of medians. The two are measured in turn, so that
 * whatever else the machine does affects both.
 */
export function importTimeRatio(name, peer, archives, into) {
  const cwd = mkdtempSync(join(into, "import-"));
  const dependencies = { [name]: archives[name], ...peer };
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ private: true, dependencies }));
  installPacked(cwd, archives, {});
  const [peerName] = Object.keys(peer);
  const times = { [name]: [], [peerName]: [] };
  for (let run = 0; run < RUNS; run += 1) {
    for (const each of Object.keys(times)) times[each].push(measure(each, cwd));
  }
  return median(times[name]) / median(times[peerName]);
}
