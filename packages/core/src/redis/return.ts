import { setTimeout as sleep } from "node:timers/promises";
import { HEARTBEAT_MS } from "./heartbeat.ts";
import type { ScriptRunner } from "./runner.ts";
import { scripts } from "./script.ts";
import { returnKeyOf } from "./subject-key.ts";

/** The number of waits for other processes that announce later. A process that loses Redis again and again must not keep all away from it. */
const MAX_WAITS = 5;

/** The return of a process to Redis after an outage. */
export interface ReturnOptions {
  readonly runner: ScriptRunner;
  readonly prefix: string;
  /** The hash tag of the subjects whose server was lost; `undefined` if Redis was lost altogether. */
  readonly tag: string | undefined;
  /** True if this return still applies. */
  readonly isCurrent: () => boolean;
}

/**
 * Waits until all processes that lost Redis can use it again, and have handed over what they counted: until a heartbeat after the last of
 * them has announced it. So none is given by Redis what others have already admitted. Rejects if Redis fails.
 */
export async function waitForOthers({ runner, prefix, tag, isCurrent }: ReturnOptions): Promise<void> {
  const key = returnKeyOf(prefix, tag);
  const ask = async (announces: "0" | "1") =>
    Number(await runner.runOnKey(scripts.announceReturn, key, [announces, String(HEARTBEAT_MS)]));
  let leftMs = await ask("1");
  for (let waits = 0; waits < MAX_WAITS && leftMs > 0 && isCurrent(); waits += 1) {
    await sleep(leftMs, undefined, { ref: false });
    if (isCurrent()) leftMs = await ask("0");
  }
}
