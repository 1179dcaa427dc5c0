import type { ApiKey, Session } from "../api/client.ts";

export type KeyOperation = "edit" | "renew" | "rotate" | "pause" | "resume" | "reset" | "revoke";

/** The operations that a principal may use on a key in its present state. The server decides again. */
export function operationsOn(
  { status, rotatedTo, pause }: ApiKey,
  { level, permissions }: Pick<Session, "level" | "permissions">,
): ReadonlySet<KeyOperation> {
  const { rename, update, limits, rotate, create, revoke, reset } = permissions;
  const isAlive = status !== "revoked";
  const mayResume = level === "operator" || pause?.by === "owner";
  const possible: Record<KeyOperation, boolean> = {
    edit: isAlive && (rename || update || limits !== null),
    renew: status === "expired" && rotatedTo === null && update,
    rotate: (status === "active" || status === "paused") && rotatedTo === null && rotate && create !== null,
    pause: status === "active" && permissions.pause,
    resume: status === "paused" && permissions.pause && mayResume,
    reset: isAlive && reset,
    revoke: isAlive && revoke,
  };
  return new Set((Object.keys(possible) as KeyOperation[]).filter((name) => possible[name]));
}
