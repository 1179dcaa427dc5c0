import { createParamDecorator, type ExecutionContext } from "@nestjs/common";
import type { ApiKey } from "@keyward/core";
import { decisionIn } from "./current-request.ts";
import { addOptions, SKIP, type ApiKeyRouteOptions } from "./route-options.ts";

type ClassOrMethodDecorator = ClassDecorator & MethodDecorator;

/**
 * Requires scopes of the key, all of them. On a method it replaces those of the class.
 *
 * @example
 * ```ts
 * @RequireScopes("reports:write")
 * @Post()
 * create() {}
 * ```
 */
export function RequireScopes(...scopes: readonly string[]): ClassOrMethodDecorator {
  return decorate({ scopes });
}

/** Sets the request cost: a whole number, or a function of the execution context. Default: 1. On a method it replaces that of the class. */
export function RequestCost(cost: NonNullable<ApiKeyRouteOptions["cost"]>): ClassOrMethodDecorator {
  return decorate({ cost });
}

/** Charges budgets in addition to the cost. On a method it replaces those of the class. */
export function RequestBudgets(budgets: NonNullable<ApiKeyRouteOptions["budgets"]>): ClassOrMethodDecorator {
  return decorate({ budgets });
}

/**
 * Sets any options: `settle`, `anonymous`, `anyScope`, `tag`, `skip`, `onRefused` and others. On a method each replaces that of the class.
 *
 * @example
 * ```ts
 * @ApiKeyOptions({ anonymous: "visitors", tag: "search" })
 * ```
 */
export function ApiKeyOptions(options: ApiKeyRouteOptions): ClassOrMethodDecorator {
  return decorate(options);
}

/** Requires no key: the guard lets every request pass, uncounted. */
export function SkipApiKey(): ClassOrMethodDecorator {
  return onClassOrMethod((target) => Reflect.defineMetadata(SKIP, true, target));
}

/** The key that the request was admitted with. `undefined` for anonymous requests. */
export const CurrentApiKey = createParamDecorator(currentApiKey);

export function currentApiKey(_data: unknown, context: ExecutionContext): ApiKey | undefined {
  return decisionIn(context)?.key;
}

function decorate(options: ApiKeyRouteOptions): ClassOrMethodDecorator {
  return onClassOrMethod((target) => addOptions(options, target));
}

function onClassOrMethod(apply: (target: object) => void): ClassOrMethodDecorator {
  return (target: object, _property?: string | symbol, descriptor?: PropertyDescriptor) =>
    apply(descriptor === undefined ? target : (descriptor.value as object));
}
