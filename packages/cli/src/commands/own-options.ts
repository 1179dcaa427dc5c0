import type { Command } from "commander";
import { collect } from "../arguments.ts";

/** Options that change what keys and owners both have. */
export interface OwnOptions {
  readonly name?: string;
  /** `none` removes it. */
  readonly plan?: string;
  /** `any` removes the restriction. */
  readonly allowedAddress?: readonly string[];
}

export function addOwnOptions(command: Command): Command {
  return command
    .option("--name <name>", "the name")
    .option("--plan <plan>", "name of a plan of the application; none: no own plan")
    .option(
      "--allowed-address <network>",
      "a network to allow, such as 203.0.113.0/24; repeat it for several; any: all",
      collect,
    );
}

/** The fields to change. `null` removes a value. */
export function toOwnFields({ name, plan, allowedAddress }: OwnOptions) {
  const allowsAny = allowedAddress?.length === 1 && allowedAddress[0] === "any";
  return {
    ...(name !== undefined && { name }),
    ...(plan !== undefined && { plan: plan === "none" ? null : plan }),
    ...(allowedAddress !== undefined && { allowedAddresses: allowsAny ? null : allowedAddress }),
  };
}

/** The plan to accept if the plans of the application are not known. */
export function planOf({ plan }: OwnOptions): string | undefined {
  return plan === "none" ? undefined : plan;
}
