/** `npm run bench`: every target, as ratios from one run. Ends with 1 if one is missed. */
import { availableParallelism, cpus } from "node:os";
import { benchAdmission, countLookUps } from "./admission.ts";
import { benchExpress } from "./http.ts";
import { benchMemoryLimiter } from "./limiter.ts";
import { compareWindows } from "./windows.ts";

console.log(`Node ${process.versions.node}, ${availableParallelism()} cores, ${cpus()[0]?.model.trim()}`);
console.log("Absolute times differ from machine to machine and from hour to hour; ratios do much less.");

const met = [
  ...(await benchAdmission()),
  ...(await benchMemoryLimiter()),
  ...(await benchExpress()),
  ...(await countLookUps()),
];
await compareWindows();

const missed = met.filter((each) => !each).length;
console.log(`\n${met.length} targets, ${missed === 0 ? "all met" : `${missed} missed`}.`);
process.exit(missed === 0 ? 0 : 1);
