import { memoryLimiter } from "@keyward/core";
import { compare } from "./measure.ts";
import { heading, target } from "./print.ts";

const LIMITS = { rate: 200, burst: 500, daily: 2000 };
const MANY = 1_000_000;

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

/** The heap in use, after a collection: run with `--expose-gc`. */
function heapUsed(): number {
  if (globalThis.gc === undefined)
    throw new Error("The memory of a subject is measured with node --expose-gc.");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** The memory limiter alone: time of a decision, memory of a subject, timers. */
export async function benchMemoryLimiter(): Promise<boolean[]> {
  const limiter = memoryLimiter();
  const subjects = Array.from({ length: 10_000 }, (_, number) => `key_${number}`);
  let next = 0;
  const decide = () =>
    limiter.consume(subjects[(next = (next + 7919) % subjects.length)] as string, LIMITS, 1);
  const [decision] = await compare([{ name: "decision", run: decide }]);

  const names = Array.from({ length: MANY }, (_, number) => `key_${String(number).padStart(20, "0")}`);
  const crowded = memoryLimiter({ maxSubjects: MANY });
  const [heapBefore, timersBefore] = [heapUsed(), timers()];
  // Three requests each, in rounds, so that a subject has a history and not just a first request.
  for (let round = 0; round < 3; round += 1) for (const name of names) void crowded.consume(name, LIMITS, 1);
  const bytes = (heapUsed() - heapBefore) / MANY;
  const added = timers() - timersBefore;
  // Referred to once more, so that neither was collected before it was measured.
  void crowded.peek(names[0] as string, LIMITS);

  heading("The memory limiter alone");
  return [
    target("a decision over 10,000 subjects", decision?.ns ?? Number.NaN, { atMost: 250 }, " ns"),
    target(`a live subject of ${MANY}`, bytes, { atMost: 260 }, " bytes"),
    target("timers for them", added, { atMost: 0 }, ""),
  ];
}
