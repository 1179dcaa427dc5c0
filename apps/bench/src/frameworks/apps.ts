import { hash } from "node:crypto";
import type { RequestListener } from "node:http";
import type { Keyward } from "@keyward/core";

/** Limits that no load reaches: what is measured is what they cost, not what they refuse. */
export const HUGE = 1_000_000_000;

/** The three limits as windows of milliseconds, for those who compose windows. */
export const WINDOWS = { sustained: 1000, burst: 1000, daily: 86_400_000 };

/** The header fields of every response, as constants. */
const FIELDS = Object.entries({
  "RateLimit-Policy": '"sustained";q=1000000000;w=1, "burst";q=1000000000;w=1, "daily";q=1000000000;w=86400',
  RateLimit: '"sustained";r=999999999;t=1, "burst";r=999999999;t=1, "daily";r=999999999;t=40000',
});

/** The minimum that any guard does: one digest of the key and two header fields. No look-up, no counting. */
export function doTheLeast(key: unknown, setHeader: (name: string, value: string) => void): void {
  hash("sha256", key as string, "binary");
  for (const [name, value] of FIELDS) setHeader(name, value);
}

/** The same route, `GET /v1/hello`, as several applications: none has to pass by another's route. */
export interface Apps {
  /** Without anything in front. */
  readonly bare: RequestListener;
  readonly guarded: RequestListener;
  /** With what a user would otherwise put there: a hashed-key look-up and three limits. */
  readonly peer: RequestListener;
  /** Bare, but for {@link doTheLeast}. */
  readonly least: RequestListener;
}

export type AppName = keyof Apps;

/** Makes them, for a key that exists. */
export type CreateApps = (kw: Keyward, key: string) => Promise<Apps>;
