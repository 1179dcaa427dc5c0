/// <reference path="./lua.d.ts" />
import { createHash } from "node:crypto";
import type { Call } from "./call.ts";
import type { RedisConnection } from "./connection.ts";
import addCounts from "./scripts/add-counts.lua";
import announceReturn from "./scripts/announce-return.lua";
import consume from "./scripts/consume.lua";
import correct from "./scripts/correct.lua";
import heartbeat from "./scripts/heartbeat.lua";
import addToWindow from "./scripts/includes/add-to-window.lua";
import changePace from "./scripts/includes/change-pace.lua";
import countEarlierPaces from "./scripts/includes/count-earlier-paces.lua";
import findPeriod from "./scripts/includes/find-period.lua";
import packSubject from "./scripts/includes/pack-subject.lua";
import readSubject from "./scripts/includes/read-subject.lua";
import settlePacing from "./scripts/includes/settle-pacing.lua";
import slotForm from "./scripts/includes/slot-form.lua";
import start from "./scripts/includes/start.lua";
import writeSubject from "./scripts/includes/write-subject.lua";

/** A Lua script and the hash by which Redis finds it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/**
 * The number of the form in which the scripts store a subject. It is part of each key, so that releases that store another
 * form count separately while one replaces the other. A subject with another number inside is an error.
 */
export const FORMAT = 3;

const FRAGMENTS: Readonly<Record<string, string>> = {
  "add-to-window": addToWindow,
  "change-pace": changePace,
  "count-earlier-paces": countEarlierPaces,
  "find-period": findPeriod,
  "pack-subject": packSubject,
  "read-subject": readSubject,
  "settle-pacing": settlePacing,
  "slot-form": slotForm,
  "write-subject": writeSubject,
  start,
};

/** Replaces lines such as `-- @include start` by the fragment of that name. */
function include(source: string): string {
  return source.replaceAll(/^ *-- @include (\S+)$/gm, (_line, name: string) =>
    include(FRAGMENTS[name] as string),
  );
}

/** Removes comments and indentation: the source is sent whenever a server does not have it. */
function compact(source: string): string {
  return source.replaceAll(/--\[\[[^]*?\]\]|--.*/g, "").replaceAll(/^\s+/gm, "");
}

function createScript(body: string): Script {
  const source = compact(`local FORMAT = ${FORMAT}\n${include(body)}`);
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

export const scripts = {
  consume: createScript(consume),
  correct: createScript(correct),
  addCounts: createScript(addCounts),
  announceReturn: createScript(announceReturn),
  heartbeat: createScript(heartbeat),
};

/** Delay before resending a call that Redis Cluster could not run during a slot migration. */
const TRY_AGAIN_MS = 10;

/** A run of a script. */
export interface ScriptRun {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/**
 * Runs a script by its hash, or by its source if the server does not have it: after a start, a failover or SCRIPT FLUSH.
 * A call is sent again only after these two errors, because only then is it certain that nothing was run: NOSCRIPT, and TRYAGAIN, which Redis Cluster returns while the keys of a call are on two nodes. It is not sent again after its time-out.
 */
export function runScript(
  connection: RedisConnection,
  run: ScriptRun,
  call: Pick<Call<never>, "settled" | "fail">,
  answered: (reply: unknown) => void,
): void {
  const { script, keys, args } = run;
  const retry = (error: unknown, again: () => void) => {
    const isMoving = error instanceof Error && error.message.startsWith("TRYAGAIN");
    if (isMoving && !call.settled) setTimeout(again, TRY_AGAIN_MS);
    else call.fail(error);
  };
  const bySource = () =>
    connection.run("eval", script.source, keys, args, answered, (error) => retry(error, bySource));
  connection.run("evalsha", script.sha, keys, args, answered, (error) => {
    const isUnknown = error instanceof Error && error.message.startsWith("NOSCRIPT");
    if (isUnknown && !call.settled) bySource();
    else retry(error, () => runScript(connection, run, call, answered));
  });
}
