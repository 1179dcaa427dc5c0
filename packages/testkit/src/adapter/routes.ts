import type { Admitted, ApiKey, Refused } from "@keyward/core";
import type { RouteOptions } from "@keyward/core/adapter";

/** A request and its response in the functions of a route's options, whatever the framework is. */
export interface TestCall {
  /** A parameter of the query string. */
  query(name: string): string | undefined;
  /** The status of the response so far. */
  status(): number;
  /** Writes the response. Where the framework's responses are values, it returns one. */
  respond(status: number, text: string): unknown;
}

/** The options of a mount, with functions of a {@link TestCall}. */
export type TestMount = RouteOptions<[call: TestCall]>;

/** Values that the handler of a route can read. */
export interface HandlerCall {
  /** `request.apiKey`, or where the framework has it. */
  readonly apiKey: unknown;
  apiKeyOf(): ApiKey;
  admissionOf(): Admitted;
}

/** The response of a route's handler. */
export interface TestReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** A route of the application under test. */
export interface TestRoute {
  /** Default: `GET`. */
  readonly method?: "GET" | "POST" | "OPTIONS";
  readonly path: string;
  /** Mounts of Keyward that the request passes, outermost first. None on a route without Keyward. */
  readonly mounts: readonly TestMount[];
  /**
   * True if other code interferes: before the first mount it gives the request a field `apiKey`, and between mounts it replaces what the
   * framework lets applications replace, such as `response.locals`.
   */
  readonly interferes?: boolean;
  /** Throws where the route fails. */
  handle(call: HandlerCall): TestReply;
}

/**
 * The options of a mount, with functions of the framework's arguments.
 *
 * @param toCall makes a call of these arguments
 */
export function optionsFor<Args extends readonly unknown[]>(
  { cost, budgets, settle, skip, onRefused, ...others }: TestMount,
  toCall: (...args: Args) => TestCall,
): RouteOptions<Args> {
  const costOf = <T>(value: T | ((call: TestCall) => T)): T | ((...args: Args) => T) =>
    typeof value === "function"
      ? (...args: Args) => (value as (call: TestCall) => T)(toCall(...args))
      : value;
  return {
    ...others,
    ...(cost !== undefined && { cost: costOf(cost) }),
    ...(budgets !== undefined && {
      budgets: Object.fromEntries(Object.entries(budgets).map(([name, each]) => [name, costOf(each)])),
    }),
    ...(settle !== undefined && { settle: (...args: Args) => settle(toCall(...args)) }),
    ...(skip !== undefined && { skip: (...args: Args) => skip(toCall(...args)) }),
    ...(onRefused !== undefined && {
      onRefused: (refusal: Refused, ...args: Args) => onRefused(refusal, toCall(...args)),
    }),
  } as RouteOptions<Args>;
}

const ok =
  (body: object = {}) =>
  (): TestReply => ({ body });

/** The routes that every case has. */
export const STANDARD_ROUTES: readonly TestRoute[] = [
  { path: "/open", mounts: [], handle: ok({ open: true }) },
  {
    path: "/hello",
    mounts: [{}],
    handle: ({ apiKey }) => ({ body: { hello: (apiKey as ApiKey | undefined)?.name } }),
  },
  {
    method: "POST",
    path: "/reports",
    mounts: [{ scopes: ["reports:write"], cost: 10 }],
    handle: () => ({ status: 201, body: { made: true } }),
  },
  { path: "/priced", mounts: [{ cost: (call) => Number(call.query("cost")) }], handle: ok() },
  {
    path: "/broken",
    mounts: [{}],
    handle() {
      throw new Error("this route is broken");
    },
  },
  { path: "/nested/inner", mounts: [{}, { scopes: ["inner"], cost: 3 }], handle: ok() },
  { path: "/nested/same", mounts: [{}, {}], handle: ok() },
];
