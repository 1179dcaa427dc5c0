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
  const asks = own.scopes !== undefined || own.cost !== undefined;
  const isPublic = own.public || inherited.public;
  if (isPublic && (asks || (inherited.public && (inherited.scopes ?? inherited.cost) !== undefined))) {
    throw new Error(
      `@Public() and ${[(own.scopes ?? inherited.scopes) && "@Scopes()", (own.cost ?? inherited.cost) && "@Cost()"].filter(Boolean).join(" and ")} ` +
        `both apply to ${controller.name}.${handler.name}: without a key there is nothing to ask of it. Remove one of them.`,
    );
  }
  if (isPublic) return { public: true };
  return { public: false, scopes: own.scopes ?? inherited.scopes, cost: own.cost ?? inherited.cost };
}

/** What stands on this very method or class. */
export function decorationsOf(target: object): Requirements {
  return {
    public: Reflect.getMetadata(PUBLIC, target) === true,
    scopes: Reflect.getMetadata(SCOPES, target) as readonly string[] | undefined,
    cost: Reflect.getMetadata(COST, target) as CostOfRequest | undefined,
  };
}
