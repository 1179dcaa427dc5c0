import type { ApiKey, Metadata, OwnLimits, Owner } from "@keyward/core";
import type { z } from "@hono/zod-openapi";
import type { PauseSchema } from "./schemas/keys.ts";
import type { OwnLimitsSchema } from "./schemas/limits.ts";

/** The settings that keys and owners have in common, as JSON and back. */

type OwnLimitsView = z.infer<typeof OwnLimitsSchema>;

export function limitsView(limits: OwnLimits | undefined): OwnLimitsView | null {
  if (limits === undefined) return null;
  const { until, ...rest } = limits;
  return { ...rest, ...(until !== undefined && { until: until.toISOString() }) };
}

export function toOwnLimits(limits: OwnLimitsView): OwnLimits;
export function toOwnLimits(limits: OwnLimitsView | null | undefined): OwnLimits | null | undefined;
export function toOwnLimits(limits: OwnLimitsView | null | undefined): OwnLimits | null | undefined {
  if (limits === null || limits === undefined) return limits;
  const { until, ...rest } = limits;
  return until === undefined ? rest : { ...rest, until: new Date(until) };
}

export function pauseView({ pause }: Pick<ApiKey | Owner, "pause">): z.infer<typeof PauseSchema> | null {
  if (pause === undefined) return null;
  const { at, until, reason = null, by } = pause;
  return { at: at.toISOString(), until: until?.toISOString() ?? null, reason, by };
}

/** `undefined` and `null` stay what they are. */
export function toDate<T extends null | undefined>(time: string | T): Date | T {
  return typeof time === "string" ? new Date(time) : time;
}

/** Metadata of a parsed JSON body. */
export function toMetadata(metadata: unknown): Metadata {
  return metadata as Metadata;
}
