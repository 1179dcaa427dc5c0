import type { ApiKey, CreatedKey } from "@keyward/core";
import { describeKey } from "../../act.ts";
import { list } from "../../table.ts";
import type { Terminal } from "../../terminal.ts";
import { formatAgo, formatTime } from "../../times.ts";

/** The flag of every command. */
export interface Json {
  readonly json?: boolean;
}

/** The only place where a key is printed. */
export function showOnce(terminal: Terminal, { key, secret }: CreatedKey, { json }: Json): void {
  if (json === true) return terminal.out(JSON.stringify({ key, secret: secret.reveal() }, null, 2));
  terminal.say(`Made ${describeKey(key)}, id ${key.id}. This is the only time it is shown:`);
  terminal.out(secret.reveal());
}

export function show(terminal: Terminal, key: ApiKey, { json }: Json): void {
  if (json === true) return terminal.out(JSON.stringify(key, null, 2));
  const { limits: own } = key;
  terminal.out(
    list([
      ["id", key.id],
      ["name", key.name],
      ["key", key.masked],
      ["status", paintStatus(terminal.paint, key)],
      ["owner", key.ownerId],
      ["scopes", key.scopes.join(" ") || undefined],
      ["plan", key.plan],
      ["limits", own && `${own.rate} a second, ${own.burst} in one second, ${own.daily} a day`],
      ["created", formatTime(key.createdAt)],
      ["expires", key.expiresAt && formatTime(key.expiresAt)],
      ["revoked", key.revokedAt && formatTime(key.revokedAt)],
      ["replaced by", key.rotatedTo],
      ["last used", lastUse(key)],
      ["metadata", Object.keys(key.metadata).length === 0 ? undefined : JSON.stringify(key.metadata)],
    ]),
  );
}

function lastUse({ lastUsedAt, lastUsedAddress }: ApiKey): string {
  if (lastUsedAt === undefined) return "never";
  return `${formatTime(lastUsedAt)} (${formatAgo(lastUsedAt)}) from ${lastUsedAddress ?? "an unknown address"}`;
}

export function paintStatus(paint: Terminal["paint"], { status, rotatedTo }: ApiKey): string {
  if (status === "active") return paint("green", rotatedTo === undefined ? "active" : "active, replaced");
  return paint(status === "revoked" ? "red" : "yellow", status);
}
