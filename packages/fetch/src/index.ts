import {
  KeywardError,
  type Admitted,
  type ApiKey,
  type Keyward,
  type MaybePromise,
  type Names,
  type Refused,
} from "@keyward/core";
import {
  decisionOf,
  keyOf,
  MeMount,
  Mount,
  whenBodyEnds,
  withHeaders,
  type Framework,
  type RouteOptions,
} from "@keyward/core/adapter";

/**
 * Requirements of a handler. Functions get `(request)`; `settle` also gets the response, whose status it can read.
 *
 * @typeParam Args further arguments of the handler, such as the context of Next.js or the server of Bun
 */
export interface WithKeywardOptions<
  Req extends Request = Request,
  Args extends readonly unknown[] = readonly unknown[],
  N extends Names = Names,
> extends Omit<RouteOptions<[request: Req], N>, "settle"> {
  /** Like `settle` of other adapters, with the response as the second argument. */
  readonly settle?: RouteOptions<[request: Req, response: Response]>["settle"];
  /** True if the request came over HTTPS. Default: the scheme of its URL. */
  readonly secure?: ((request: Req, ...args: Args) => boolean) | undefined;
  /**
   * The client's address, for failed attempts, anonymous requests and lists of allowed addresses. Default: unknown. Forwarding headers are
   * never read by default, because clients can send them too.
   */
  readonly clientAddress?: ((request: Req, ...args: Args) => string | undefined) | undefined;
}

/** Options for reading requests. */
export type FetchMeOptions<
  Req extends Request = Request,
  Args extends readonly unknown[] = readonly unknown[],
> = Pick<WithKeywardOptions<Req, Args>, "secure" | "clientAddress">;

const OWN_OPTIONS = ["secure", "clientAddress"];

/**
 * Wraps a handler of requests: those that carry a valid key within its limits reach it, and others are refused. Further arguments are
 * passed through.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * // app/api/reports/route.ts, in Next.js
 * export const GET = withKeyward(kw, (request) => Response.json({ hello: apiKeyOf(request).name }), { scopes: ["reports:read"] });
 * ```
 */
export function withKeyward<
  Req extends Request = Request,
  Args extends readonly unknown[] = [],
  N extends Names = Names,
>(
  kw: Keyward<N>,
  handler: (request: Req, ...args: Args) => MaybePromise<Response>,
  options: WithKeywardOptions<Req, Args, NoInfer<N>> = {},
): (request: Req, ...args: Args) => Promise<Response> {
  if (typeof handler !== "function") {
    throw new KeywardError("invalid-option", `The handler must be a function; got ${String(handler)}.`);
  }
  const mount = new Mount(kw, fetchFramework(options), options, OWN_OPTIONS);
  return async function keywardHandler(request, ...args) {
    const call = { request, args };
    const decision = await mount.decide(call, request, undefined);
    if (decision === undefined) return handler(request, ...args);
    if (!decision.admitted) return refuse(mount, decision, call);
    const response = await handler(request, ...args);
    // An inner mount has written the headers of the later decision.
    if (refusedAt.has(request) || decisionOf(request) !== decision) return response;
    const admitted = withHeaders(response, (target) => mount.writeHeaders(decision, call, target));
    let sent = admitted;
    mount.settleLater(call, request, admitted, (done) => {
      sent = whenBodyEnds(admitted, done);
    });
    return sent;
  };
}

/**
 * Responds with the state of the key that a request presents: its limits, what they leave, and its usage. It counts in `sustained` and
 * `burst`, not in quotas, so that it also works where a quota is used up. No other middleware of Keyward is required.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * // app/api/me/route.ts, in Next.js
 * export const GET = me(kw);
 * ```
 */
export function me<Req extends Request = Request, Args extends readonly unknown[] = []>(
  kw: Keyward,
  options: FetchMeOptions<Req, Args> = {},
): (request: Req, ...args: Args) => Promise<Response> {
  const mount = new MeMount(kw, fetchFramework(options));
  return async function keywardMe(request, ...args) {
    const headers = new Headers();
    const { status, body } = await mount.respond(
      { request, args },
      {
        getHeader: (name) => headers.get(name) ?? undefined,
        setHeader: (name, value) => headers.set(name, value),
      },
    );
    return new Response(body, { status, headers });
  };
}

/**
 * The key that a request was admitted with.
 *
 * @throws KeywardError `not-admitted` where no handler admitted the request, or it is anonymous
 */
export function apiKeyOf(request: Request): ApiKey {
  return keyOf(request);
}

/**
 * The decision about an admitted request: its key, its plan, and `settle`.
 *
 * @throws KeywardError `not-admitted` where no handler admitted the request
 */
export function admissionOf(request: Request): Admitted {
  return decisionOf(request);
}

/** A call of a handler. */
interface Call<Req, Args> {
  readonly request: Req;
  readonly args: Args;
}

function fetchFramework<Req extends Request, Args extends readonly unknown[]>({
  secure,
  clientAddress,
}: WithKeywardOptions<Req, Args>): Framework<Call<Req, Args>> {
  for (const [name, value] of Object.entries({ secure, clientAddress })) {
    if (value !== undefined && typeof value !== "function") {
      throw new KeywardError("invalid-option", `${name} must be a function; got ${String(value)}.`);
    }
  }
  return {
    name: "withKeyward()",
    proxySetting: "withKeyward(kw, handler, { secure, clientAddress })",
    stateKeyOf: ({ request }) => request,
    methodOf: ({ request }) => request.method,
    headerOf: ({ request }, name) => request.headers.get(name) ?? undefined,
    headerNamesOf: ({ request }) => [...request.headers.keys()],
    isSecure: ({ request, args }) => secure?.(request, ...args) ?? request.url.startsWith("https:"),
    addressOf: ({ request, args }) => clientAddress?.(request, ...args) ?? "",
    connectionOf: () => undefined,
    routeOf: () => undefined,
  };
}

/** Requests that an inner mount refused. */
const refusedAt = new WeakSet<Request>();

async function refuse<Source extends Call<Request, unknown>>(
  mount: Mount<Source>,
  refused: Refused,
  call: Source,
): Promise<Response> {
  refusedAt.add(call.request);
  const own = await mount.route.onRefused?.(refused, call.request, undefined);
  const response = isResponse(own)
    ? own
    : new Response(JSON.stringify(refused.problem), { status: refused.status });
  return withHeaders(response, (target) => {
    // A response of the application keeps its own headers.
    const setHeader = (name: string, value: string) =>
      response === own && target.getHeader(name) !== undefined ? undefined : target.setHeader(name, value);
    mount.writeHeaders(refused, call, response === own ? { ...target, setHeader } : target);
  });
}

function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value;
}
