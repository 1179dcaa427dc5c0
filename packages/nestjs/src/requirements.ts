import type { Type } from "@nestjs/common";

/** What a handler asks of the key, beyond being valid. */
export interface Requirements {
  /** Whether it asks for no key at all. */
  readonly public: boolean;
  readonly scopes?: readonly string[] | undefined;
  readonly cost?: CostOfRequest | undefined;
}

/** A whole number, or a function of the platform's request that gives one. */
// oxlint-disable-next-line typescript/no-explicit-any -- Express's request or Fastify's: the caller knows which.
export type CostOfRequest = number | ((request: any) => number);

export const SCOPES = "keyward:scopes";
export const COST = "keyward:cost";
export const PUBLIC = "keyward:public";

// oxlint-disable-next-line typescript/no-unsafe-function-type -- This is how Nest types a handler.
export type Handler = Function;

const known = new WeakMap<Type, WeakMap<Handler, Requirements>>();

/**
 * What a handler asks for: what stands on the method, else what stands on its class.
 *
 * @throws Error if the decorators contradict each other: nobody is let through on a guess.
 */
export function requirementsOf(controller: Type, handler: Handler): Requirements {
  let ofController = known.get(controller);
  if (ofController === undefined) known.set(controller, (ofController = new WeakMap()));
  let requirements = ofController.get(handler);
  if (requirements === undefined) ofController.set(handler, (requirements = read(controller, handler)));
  return requirements;
}

function read(controller: Type, handler: Handler): Requirements {
  const own = decorationsOf(handler);
  const inherited = decorationsOf(controller);
  const scopes = own.scopes ?? inherited.scopes;
  const cost = own.cost ?? inherited.cost;
  if (!own.public && !inherited.public) return { public: false, scopes, cost };
  // What a class asks for does not bind a method of it that is public by itself.
  const asked = inherited.public ? { scopes, cost } : own;
  const names = [asked.scopes !== undefined && "@Scopes()", asked.cost !== undefined && "@Cost()"].filter(
    Boolean,
  );
  if (names.length > 0) {
    throw new Error(
      `@Public() and ${names.join(" and ")} both apply to ${controller.name}.${handler.name}: ` +
        "without a key there is nothing to ask of it. Remove one of them.",
    );
  }
  return { public: true };
}

/** What stands on this very method or class. */
export function decorationsOf(target: object): Requirements {
  return {
    public: Reflect.getMetadata(PUBLIC, target) === true,
    scopes: Reflect.getMetadata(SCOPES, target) as readonly string[] | undefined,
    cost: Reflect.getMetadata(COST, target) as CostOfRequest | undefined,
  };
}
