import type { KeywardOptions } from "@keyward/core";
import { UsageError } from "../command-error.ts";
import { readRegularFile } from "../regular-file.ts";

export type Plans = NonNullable<KeywardOptions["plans"]>;

/**
 * Reads the plans of the application: the option `plans` as JSON. `createKeyward` checks them.
 *
 * @throws UsageError if the file is not there, or is not a JSON object
 */
export function readPlans(file: string): Plans {
  const text = readRegularFile(file);
  if (text === undefined) throw new UsageError(`KEYWARD_PLANS must be an existing file; got ${file}.`);
  let plans: unknown;
  try {
    plans = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`KEYWARD_PLANS must be a JSON file; ${file} is not valid JSON.`, { cause });
  }
  if (typeof plans !== "object" || plans === null || Array.isArray(plans)) {
    throw new UsageError(`KEYWARD_PLANS must contain an object of plans by name; ${file} does not.`);
  }
  return plans as Plans;
}
