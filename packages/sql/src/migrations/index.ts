import type { Migration } from "kysely";
import * as keys from "./0001-keys.ts";

/** Every migration ever released, by name, in the order they run. None is ever changed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-keys": keys,
};
