import { KeywardError, type ApiKey, type CreatedKey, type Keyward } from "@keyward/core";
import { styled, type StyledText } from "../../terminal/line.ts";
import { fieldList } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatAgo, formatTime } from "../../time.ts";
import { describeOwnLimits, describePause } from "../limits-text.ts";

/** The option of every command that prints results. */
export interface JsonOption {
  readonly json?: boolean;
}

/** `"billing" (prod_********-****-****-1a234b56)`. */
export function describeKey({ name, masked }: ApiKey): string {
  return `"${name}" (${masked})`;
}

/** @throws KeywardError `key-not-found` */
export async function getKey(kw: Keyward, id: string): Promise<ApiKey> {
  const key = await kw.keys.get(id);
  if (key === undefined) throw new KeywardError("key-not-found", `There is no key with the id "${id}".`);
  return key;
}

/** Prints a new key. This is the only place that prints one. */
export function printCreatedKey(terminal: Terminal, { key, secret }: CreatedKey, { json }: JsonOption): void {
  if (json === true) return terminal.printJson({ key, secret: secret.reveal() });
  terminal.note(`Created ${describeKey(key)}, id ${key.id}. Copy it now: it cannot be shown again.`);
  terminal.printSecret(secret.reveal());
}

export function printKey(terminal: Terminal, key: ApiKey, { json }: JsonOption): void {
  if (json === true) return terminal.printJson(key);
  const { limits } = key;
  terminal.print(
    ...fieldList([
      ["id", key.id],
      ["name", key.name],
      ["key", key.masked],
      ["status", statusText(key)],
      ["pause", key.pause && describePause(key.pause)],
      ["owner", key.ownerId],
      ["scopes", key.scopes.join(" ") || undefined],
      ["plan", key.plan],
      ["limits", limits && describeOwnLimits(limits)],
      ["allowed addresses", key.allowedAddresses?.join(" ")],
      ["created", formatTime(key.createdAt)],
      ["expires", key.expiresAt && formatTime(key.expiresAt)],
      ["revoked", key.revokedAt && formatTime(key.revokedAt)],
      ["rotated to", key.rotatedTo],
      ["last used", lastUseText(key)],
      ["metadata", Object.keys(key.metadata).length === 0 ? undefined : JSON.stringify(key.metadata)],
    ]),
  );
}

export function statusText({ status, rotatedTo }: ApiKey): StyledText {
  if (status === "active") return styled("green", rotatedTo === undefined ? "active" : "active, rotated");
  return styled(status === "revoked" ? "red" : "yellow", status);
}

function lastUseText({ lastUsedAt, lastUsedAddress }: ApiKey): string {
  if (lastUsedAt === undefined) return "never";
  return `${formatTime(lastUsedAt)} (${formatAgo(lastUsedAt)}) from ${lastUsedAddress ?? "an unknown address"}`;
}
