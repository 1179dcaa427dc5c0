import { createHash } from "node:crypto";
import type { Call } from "./call.ts";
import type { RedisConnection } from "./connection.ts";
import chargeDay from "./scripts/charge-day-1.lua";
import consume from "./scripts/consume-1.lua";
import giveBack from "./scripts/give-back-1.lua";
import store from "./scripts/store.lua";
import subject from "./scripts/subject.lua";

/** A Lua script and the name under which Redis keeps it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/**
 * The form in which `subject.lua` writes a subject. It is part of a subject's name in Redis, so that releases which write
 * another count apart while one replaces the other, and never fail over what the other wrote.
 */
export const FORMAT = "2";

function script(body: string): Script {
  const source = `local FORMAT = ${FORMAT}\n${subject}\n${body}\n${store}`;
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/** Every script there is. Each works on one key, between `subject.lua` and `store.lua`. */
export const scripts = {
  consume: script(consume),
  giveBack: script(giveBack),
  chargeDay: script(chargeDay),
};

/**
 * Runs a script by its name, and by its text where the server has not got it: after a start, a failover or
 * SCRIPT FLUSH. That refusal alone is answered by sending again, since only then is it certain that
 * nothing has run; and only while somebody waits for it.
 */
export function runScript(
  connection: RedisConnection,
  { source, sha }: Script,
  key: string,
  args: readonly string[],
  call: Pick<Call<never>, "settled" | "fail">,
  answered: (reply: unknown) => void,
): void {
  connection.run("evalsha", sha, key, args, answered, (error) => {
    const isUnknown = error instanceof Error && error.message.startsWith("NOSCRIPT");
    if (!isUnknown || call.settled) call.fail(error);
    else connection.run("eval", source, key, args, answered, (second) => call.fail(second));
  });
}
