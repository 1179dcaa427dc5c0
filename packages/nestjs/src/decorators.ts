import {
  createParamDecorator,
  SetMetadata,
  type CustomDecorator,
  type ExecutionContext,
} from "@nestjs/common";
import type { ApiKey } from "@keyward/core";
import { admissionIn } from "./admissions.ts";
import { COST, PUBLIC, SCOPES, type CostOfRequest } from "./requirements.ts";

/**
 * The scopes that the key must have, all of them. On a method it takes the place of what stands on the class.
 *
 * @example
 * ```ts
 * @Scopes("reports:write")
 * @Post()
 * create() {}
 * ```
 */
export function Scopes(...scopes: readonly string[]): CustomDecorator {
  return SetMetadata(SCOPES, scopes);
}

/**
 * What a request costs: a whole number, or a function of the request that gives one. 1 if left out. On a method
 * it takes the place of what stands on the class.
 */
export function Cost(cost: CostOfRequest): CustomDecorator {
  return SetMetadata(COST, cost);
}

/** Asks for no key: the guard lets every request through, and counts none. */
export function Public(): CustomDecorator {
  return SetMetadata(PUBLIC, true);
}

/** The key that the request was admitted with, as an `ApiKey`. */
export const CurrentApiKey = createParamDecorator(currentApiKey);

export function currentApiKey(_data: unknown, context: ExecutionContext): ApiKey | undefined {
  const decision = admissionIn(context);
  return decision?.admitted === true ? decision.key : undefined;
}
