import { KeywardError, type Keyward, type Owner } from "@keyward/core";
import { styled, type StyledText } from "../../terminal/line.ts";
import { fieldList } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { formatTime } from "../../time.ts";
import type { JsonOption } from "../keys/key-text.ts";
import { describeOwnLimits, describePause } from "../limits-text.ts";

/** @throws KeywardError `owner-not-found` */
export async function getOwner(kw: Keyward, id: string): Promise<Owner> {
  const owner = await kw.owners.get(id);
  if (owner === undefined) throw new KeywardError("owner-not-found", `Owner "${id}" does not exist.`);
  return owner;
}

export function printOwner(terminal: Terminal, owner: Owner, { json }: JsonOption): void {
  if (json === true) return terminal.printJson(owner);
  const { limits, pause, metadata } = owner;
  terminal.print(
    ...fieldList([
      ["id", owner.id],
      ["name", owner.name],
      ["status", ownerStatus(owner)],
      ["pause", pause && describePause(pause)],
      ["plan", owner.plan],
      ["limits", limits && describeOwnLimits(limits)],
      ["allowed addresses", owner.allowedAddresses?.join(" ")],
      ["created", formatTime(owner.createdAt)],
      ["metadata", Object.keys(metadata).length === 0 ? undefined : JSON.stringify(metadata)],
    ]),
  );
}

export function ownerStatus({ status }: Owner): StyledText {
  return styled(status === "active" ? "green" : "yellow", status);
}
