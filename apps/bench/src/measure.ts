/** One thing to be timed. */
export interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** The median of the rounds, in nanoseconds a call. */
  readonly ns: number;
}

const ROUNDS = 15;
const ROUND_MS = 60;

/**
 * Times subjects in turn, A B C A B C …, so that a machine that slows down slows all of them. Calls that return a promise are awaited.
 */
export async function compare(subjects: readonly Contender[]): Promise<Timing[]> {
  const calls: number[] = [];
  for (const { run } of subjects) calls.push(await callsFor(run));
  const samples = subjects.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { run }] of subjects.entries())
      samples[index]?.push(await time(run, calls[index] as number));
  }
  return subjects.map(({ name }, index) => ({ name, ns: median(samples[index] as number[]) }));
}

/** Returns the number of calls that fill a round, found by doubling. Also warms up the code. */
async function callsFor(run: () => unknown): Promise<number> {
  for (let calls = 1000; ; calls *= 2) {
    const ns = await time(run, calls);
    if (ns * calls > (ROUND_MS / 2) * 1e6) return Math.max(1, Math.round((ROUND_MS * 1e6) / ns));
  }
}

async function time(run: () => unknown, calls: number): Promise<number> {
  const startedAt = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - startedAt) / calls;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
