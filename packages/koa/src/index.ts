import type { Admitted, ApiKey, Decision, Keyward, Names, Refused } from "@keyward/core";
import {
  decisionOf,
  findDecision,
  isEncrypted,
  keyOf,
  limitRefusedBody,
  MeMount,
  Mount,
  nodeHeaderOf,
  type Framework,
  type RouteOptions,
} from "@keyward/core/adapter";
import type { Middleware, Next, ParameterizedContext } from "koa";

declare module "koa" {
  interface DefaultState {
    /** The key that the request was admitted with. `undefined` for anonymous requests, preflights and skipped ones. */
    apiKey?: ApiKey | undefined;
  }
}

/** Requirements of a route. Functions receive `(ctx)`. */
export type KoaMiddlewareOptions<N extends Names = Names> = RouteOptions<[ctx: ParameterizedContext], N>;

/**
 * Admits requests that carry a valid key within its limits, and refuses others.
 *
 * Mounted several times for one request, it counts the request once: an inner mount adds its scopes, and charges the difference
 * where its cost is higher.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * app.use(keyward(kw));
 * router.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), createReport);
 * ```
 */
export function keyward<N extends Names>(
  kw: Keyward<N>,
  options: KoaMiddlewareOptions<NoInfer<N>> = {},
): Middleware {
  const mount = new Mount(kw, koa, options);
  return function keywardMiddleware(ctx: ParameterizedContext, next: Next): Promise<unknown> {
    keepHeadersOfErrors(ctx.app);
    const decision = mount.decide(ctx, ctx, undefined);
    return decision instanceof Promise
      ? decision.then((decided) => apply(mount, decided, ctx, next))
      : apply(mount, decision, ctx, next);
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
 * router.get("/v1/me", me(kw));
 * ```
 */
export function me(kw: Keyward): Middleware {
  const mount = new MeMount<ParameterizedContext>(kw, koa);
  return async function keywardMe(ctx: ParameterizedContext): Promise<void> {
    const { status, body } = await mount.respond(ctx, ctx.res);
    ctx.status = status;
    ctx.body = body;
  };
}

/**
 * The key that a request was admitted with.
 *
 * @throws KeywardError `not-admitted` where no middleware admitted the request, or it is anonymous
 */
export function apiKeyOf(ctx: Pick<ParameterizedContext, "req">): ApiKey {
  return keyOf(ctx.req);
}

/**
 * The decision about an admitted request: its key, its plan, and `settle`.
 *
 * @throws KeywardError `not-admitted` where no middleware admitted the request
 */
export function admissionOf(ctx: Pick<ParameterizedContext, "req">): Admitted {
  return decisionOf(ctx.req);
}

const koa: Framework<ParameterizedContext> = {
  name: "Koa",
  proxySetting: "app.proxy = true",
  stateKeyOf: (ctx) => ctx.req,
  methodOf: (ctx) => ctx.req.method,
  headerOf: (ctx, name) => nodeHeaderOf(ctx.req, name),
  headerNamesOf: (ctx) => Object.keys(ctx.req.headers),
  // Koa treats an encrypted socket as HTTPS, regardless of headers.
  isSecure: (ctx) => isEncrypted(ctx.req.socket) || ctx.secure,
  addressOf: (ctx) => ctx.ip,
  connectionOf({ req: { socket }, app }) {
    return {
      encrypted: isEncrypted(socket),
      peer: socket.remoteAddress ?? "",
      // Koa trusts every peer, or none.
      trustedProxy: app.proxy,
    };
  },
  routeOf(ctx) {
    const pattern: unknown = ctx["_matchedRoute"];
    return typeof pattern === "string" ? pattern : undefined;
  },
};

function apply(
  mount: Mount<ParameterizedContext>,
  decision: Decision | undefined,
  ctx: ParameterizedContext,
  next: Next,
): Promise<unknown> {
  if (decision !== undefined) mount.writeHeaders(decision, ctx, ctx.res);
  if (decision?.admitted === false) return refuse(mount, decision, ctx);
  const key = findDecision(ctx.req)?.key;
  if (key !== undefined || "apiKey" in ctx.state) ctx.state["apiKey"] = key;
  mount.settleLater(ctx, ctx, undefined, ctx.res);
  return next();
}

async function refuse(
  { route }: Mount<ParameterizedContext>,
  refused: Refused,
  ctx: ParameterizedContext,
): Promise<void> {
  ctx.status = refused.status;
  limitRefusedBody(ctx.req, ctx.res);
  await route.onRefused?.(refused, ctx, undefined);
  if (ctx.body != null || ctx.respond === false || ctx.headerSent) return;
  ctx.status = refused.status;
  ctx.body = JSON.stringify(refused.problem);
}

type App = ParameterizedContext["app"];

const keeping = new WeakSet<App>();

/**
 * Koa removes the headers of a response whose request failed, apart from those in `error.headers`. Adds those of the decision to the
 * error, for as long as Koa responds: the same error may be thrown for another request. This changes the application once, because
 * catching errors would cost every request a promise.
 */
function keepHeadersOfErrors(app: App): void {
  if (keeping.has(app)) return;
  keeping.add(app);
  const { onerror } = app.context;
  Object.assign(app.context, {
    onerror(this: ParameterizedContext, error: Error): void {
      const decision = findDecision(this.req);
      // Koa calls it for every response, without an error where nothing failed.
      if (decision === undefined || !(error instanceof Error)) onerror.call(this, error);
      else withHeaders(error, { ...decision.headers, ...fieldsOf(this) }, () => onerror.call(this, error));
    },
  });
}

const FIELDS = ["Vary", "Cache-Control", "Access-Control-Expose-Headers"];

function fieldsOf({ res }: ParameterizedContext): Record<string, string> {
  const fields = FIELDS.map((name) => [name, res.getHeader(name)] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Record<string, string>;
}

/** Calls a function while an error has additional headers, unless it accepts none. */
function withHeaders(error: Error & { headers?: object }, headers: object, respond: () => void): void {
  const own = Object.getOwnPropertyDescriptor(error, "headers");
  const value = { ...headers, ...error.headers };
  Reflect.defineProperty(error, "headers", { value, configurable: true });
  try {
    respond();
  } finally {
    if (own === undefined) Reflect.deleteProperty(error, "headers");
    else Reflect.defineProperty(error, "headers", own);
  }
}
