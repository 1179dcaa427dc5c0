import type { AuditHead } from "@keyward/core";
import { InvalidArgumentError } from "commander";

const HEAD = /^([1-9]\d{0,15}):([\w-]{43})$/;

/** The end of the audit log as text: `1204:` and its MAC. */
export function formatHead({ sequence, mac }: AuditHead): string {
  return `${sequence}:${mac}`;
}

/** Parses what {@link formatHead} returns. */
export function parseHead(text: string): AuditHead {
  const [, sequence, mac] = HEAD.exec(text) ?? [];
  if (mac === undefined)
    throw new InvalidArgumentError("It must be a head as this command prints it, such as 1204:Zk3v….");
  return { sequence: Number(sequence), mac };
}
