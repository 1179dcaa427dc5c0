import type { Admitted, ApiKey, Decision, Keyward, Names, Problem, Refused } from "@keyward/core";
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
  type HeaderTarget,
  type RouteOptions,
} from "@keyward/core/adapter";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

declare module "fastify" {
  interface FastifyRequest {
    /** The key that the request was admitted with. `undefined` for anonymous requests, preflights and skipped ones. */
    apiKey?: ApiKey | undefined;
  }
  interface FastifyContextConfig {
    /** Requirements of this route, which replace the options of the plugin. `false` requires no key. */
    keyward?: KeywardRouteOptions | false | undefined;
  }
}

/** Requirements of a route. Functions receive `(request, reply)`. */
export type KeywardRouteOptions<N extends Names = Names> = RouteOptions<
  [request: FastifyRequest, reply: FastifyReply],
  N
>;

/** The options of the plugin: those of all its routes, which each route can override. */
export interface KeywardPluginOptions extends KeywardRouteOptions {
  readonly kw: Keyward;
}

/** The error that a refused request is given to the error handler with. If the handler sends it, the response is the problem document. */
export class ApiKeyError extends Error {
  readonly statusCode: number;
  /** The code of the problem, such as `missing-api-key`. */
  readonly code: Problem["code"];
  readonly problem: Problem;

  constructor({ status, problem }: Refused) {
    super(problem.detail);
    this.name = "ApiKeyError";
    this.statusCode = status;
    this.code = problem.code;
    this.problem = problem;
  }
}

const OWN_OPTIONS = ["kw", "prefix", "logLevel", "logSerializers"];

/** Values that the plugin computes once for a route. */
interface GuardedRoute {
  /** `undefined` where the route requires no key. */
  readonly mount: FastifyMount | undefined;
  /** True if an error handler of the application is called for its errors, as far as is known. */
  readonly hasErrorHandler: boolean;
}

type FastifyMount = Mount<FastifyRequest>;

const plugin: FastifyPluginAsync<KeywardPluginOptions> = async (app, options) => {
  const { kw } = options;
  const mount = new Mount<FastifyRequest>(kw, fastify, options, OWN_OPTIONS);
  /** Keeps the route in its own `config`, where it is found without a look-up. */
  const ROUTE = Symbol("keyward");
  type Config = { readonly keyward?: KeywardRouteOptions | false | undefined; [ROUTE]?: GuardedRoute };

  const guard = ({ keyward }: Config, hasErrorHandler: boolean): GuardedRoute => {
    if (keyward === false) return { mount: undefined, hasErrorHandler };
    if (keyward === undefined) return { mount, hasErrorHandler };
    return { mount: new Mount(kw, fastify, { ...options, ...keyward }, OWN_OPTIONS), hasErrorHandler };
  };

  if (!app.hasRequestDecorator("apiKey")) app.decorateRequest("apiKey", undefined);
  app.addHook("onRoute", (route) => {
    const config = (route.config ?? {}) as Config;
    // A copy, since several routes may have been given the same object.
    Object.assign(route, { config: { ...config, [ROUTE]: guard(config, route.errorHandler !== undefined) } });
  });
  app.addHook("onRequest", (request, reply, next) => {
    const config = request.routeOptions.config as Config;
    try {
      // Routes that were declared before the plugin was loaded are guarded, but were not seen by the hook above.
      const route = (config[ROUTE] ??= guard(config, false));
      if (route.mount === undefined) return next();
      const decision = route.mount.decide(request, request, reply);
      if (!(decision instanceof Promise)) return conclude(route, decision, [request, reply, next]);
      decision.then((decided) => conclude(route, decided, [request, reply, next])).catch(next);
    } catch (error) {
      next(error as Error);
    }
    return undefined;
  });
};

/**
 * Admits requests that carry a valid key within its limits, and refuses others, on all routes of the scope that it is registered in.
 *
 * Refusals are an {@link ApiKeyError} for the application's error handler, if it has one. Registered in several scopes that a request passes, the plugin counts the request once.
 *
 * @throws KeywardError `invalid-option`, when the application starts
 *
 * @example
 * ```ts
 * await app.register(keyward, { kw });
 * app.get("/v1/hello", (request) => ({ hello: request.apiKey?.name }));
 * app.post("/v1/reports", { config: { keyward: { scopes: ["reports:write"], cost: 10 } } }, createReport);
 * app.get("/health", { config: { keyward: false } }, () => ({ ok: true }));
 * ```
 */
export const keyward = fastifyPlugin(plugin, { fastify: "5.x", name: "@keyward/fastify" });

/**
 * Responds with the state of the key that a request presents: its limits, what they leave, and its usage. It counts in `sustained` and
 * `burst`, not in quotas, so that it also works where a quota is used up. No other middleware of Keyward is required.
 *
 * @throws KeywardError `invalid-option`
 *
 * @example
 * ```ts
 * app.get("/v1/me", { config: { keyward: false } }, me(kw));
 * ```
 */
export function me(kw: Keyward): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const mount = new MeMount<FastifyRequest>(kw, fastify);
  return async function keywardMe(request, reply) {
    const { status, body } = await mount.respond(request, targetOf(reply));
    // As bytes, because Fastify adds a charset to the content type of text.
    return reply.status(status).send(Buffer.from(body));
  };
}

/**
 * The key that a request was admitted with.
 *
 * @throws KeywardError `not-admitted` where the plugin did not admit the request, or it is anonymous
 */
export function apiKeyOf(request: { readonly raw: object }): ApiKey {
  return keyOf(request.raw);
}

/**
 * The decision about an admitted request: its key, its plan, and `settle`.
 *
 * @throws KeywardError `not-admitted` where the plugin did not admit the request
 */
export function admissionOf(request: { readonly raw: object }): Admitted {
  return decisionOf(request.raw);
}

const fastify: Framework<FastifyRequest> = {
  name: "Fastify",
  proxySetting: "Fastify({ trustProxy: … })",
  stateKeyOf: ({ raw }) => raw,
  methodOf: ({ raw }) => raw.method,
  headerOf: ({ raw }, name) => nodeHeaderOf(raw as never, name),
  headerNamesOf: ({ raw }) => Object.keys(raw.headers),
  isSecure(request) {
    // Fastify reads the header only from proxies that it trusts. Without the header, nothing but the socket counts.
    const isForwarded = request.raw.headers["x-forwarded-proto"] !== undefined;
    return isForwarded ? request.protocol === "https" : isEncrypted(request.raw.socket);
  },
  addressOf: ({ ip }) => ip,
  connectionOf({ raw: { socket, headers }, ips }) {
    // Fastify does not expose its trusted proxies. It lists more than the peer where it trusts the peer.
    const trustedProxy = ips !== undefined && (ips.length > 1 || headers["x-forwarded-for"] === undefined);
    return { encrypted: isEncrypted(socket), peer: socket.remoteAddress ?? "", trustedProxy };
  },
  routeOf: ({ routeOptions }) => routeOptions.url,
};

type HookArguments = readonly [request: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void];

function conclude(
  { mount, hasErrorHandler }: GuardedRoute,
  decision: Decision | undefined,
  hook: HookArguments,
): void {
  const [request, reply, next] = hook;
  if (mount === undefined) return;
  if (decision !== undefined) mount.writeHeaders(decision, request, targetOf(reply));
  if (decision?.admitted === false) {
    reply.status(decision.status);
    limitRefusedBody(request.raw, reply.raw);
    const refuse = () => {
      if (reply.sent) return;
      if (hasErrorHandler || isCustom(request.server.errorHandler)) throwRefusal(decision, reply, next);
      else send(decision.problem, reply.status(decision.status));
    };
    if (mount.route.onRefused === undefined) refuse();
    else
      Promise.resolve(mount.route.onRefused(decision, request, reply))
        .then(refuse)
        .catch(next);
    return;
  }
  const key = findDecision(request.raw)?.key;
  if (request.apiKey !== key) request.apiKey = key;
  mount.settleLater(request, request, reply, reply.raw);
  next();
}

function targetOf(reply: FastifyReply): HeaderTarget {
  return {
    getHeader: (name) => reply.getHeader(name),
    setHeader: (name, value) => reply.header(name, value),
  };
}

/** True if an error handler is the application's: Fastify binds those, and its own is an ordinary function, which has a prototype. */
function isCustom(errorHandler: object): boolean {
  return !Object.hasOwn(errorHandler, "prototype");
}

/** Has the application's error handler called. If that sends the error, the problem document is sent in its place. */
function throwRefusal(refused: Refused, reply: FastifyReply, next: (error: Error) => void): void {
  const error = new ApiKeyError(refused);
  const original = reply.send;
  let isHandled = false;
  reply.send = (payload?: unknown) => {
    // Fastify itself sends it first, which calls the handler.
    if (payload !== error || !isHandled) {
      isHandled = true;
      return original.call(reply, payload);
    }
    reply.send = original;
    return send(refused.problem, reply);
  };
  next(error);
}

/** As bytes, because Fastify adds a charset to the content type of text. */
function send(problem: Problem, reply: FastifyReply): FastifyReply {
  return reply.header("content-type", "application/problem+json").send(Buffer.from(JSON.stringify(problem)));
}
