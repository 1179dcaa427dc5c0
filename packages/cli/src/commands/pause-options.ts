import type { PauseOptions } from "@keyward/core";
import type { Command } from "commander";
import { parseExpiry } from "../arguments.ts";

export interface PauseCommandOptions {
  readonly reason?: string;
  readonly until?: Date;
}

/** Adds the options of a pause to a command. */
export function addPauseOptions(command: Command): Command {
  return command
    .option("--reason <text>", "why, for operators; responses never contain it")
    .option(
      "--until <when>",
      "when the pause ends: a duration (2h) or a date; default: when resumed",
      parseExpiry,
    );
}

export function toPauseOptions({ reason, until }: PauseCommandOptions): PauseOptions {
  return { ...(reason !== undefined && { reason }), ...(until !== undefined && { until }) };
}
