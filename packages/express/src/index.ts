import type { IncomingMessage, ServerResponse } from "node:http";
import type { Admitted, ApiKey, Decision, Keyward, MaybePromise, Names, Refused } from "@keyward/core";
import {
  decisionOf,
  exposeApiKey,
  isEncrypted,
  keyOf,
  limitRefusedBody,
  MeMount,
  Mount,
  nodeHeaderOf,
  type Framework,
  type RouteOptions,
} from "@keyward/core/adapter";
import type { Request, Response } from "express";

declare global {
  // The name and the shape are Express's own: this is how its requests are given a field.
  namespace Express {
    interface Request {
      /** The key that the request was admitted with. `undefined` for anonymous requests, preflights and skipped ones. */
      apiKey?: ApiKey | undefined;
    }
  }
}

/** Requirements of a route. Functions receive `(request, response)`. */
export type ExpressMiddlewareOptions<N extends Names = Names> = RouteOptions<
  [request: Request, response: Response],
  N
>;

/** A middleware for Express, Connect, Polka and others that call their middleware in the same way. */
export type KeywardMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

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
 * app.use("/v1", keyward(kw));
 * app.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), createReport);
 * ```
 */
export function keyward<N extends Names>(
  kw: Keyward<N>,
  options: ExpressMiddlewareOptions<NoInfer<N>> = {},
): KeywardMiddleware {
  const mount = new Mount<ExpressRequest>(kw, express, options);
  return function keywardMiddleware(request: ExpressRequest, response, next) {
    let goesOn: MaybePromise<boolean>;
    try {
      const decision = mount.decide(request, request, response);
      goesOn =
        decision instanceof Promise
          ? decision.then((decided) => apply(mount, decided, request, response))
          : apply(mount, decision, request, response);
    } catch (error) {
      next(error);
      return;
    }
    if (goesOn instanceof Promise) void goesOn.then((admitted) => admitted && next(), next);
    else if (goesOn) next();
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
 * app.get("/v1/me", me(kw));
 * ```
 */
export function me(kw: Keyward): KeywardMiddleware {
  const mount = new MeMount<ExpressRequest>(kw, express);
  return function keywardMe(request: ExpressRequest, response, next) {
    mount.respond(request, response).then(({ status, body }) => {
      response.statusCode = status;
      response.end(body);
    }, next);
  };
}

/**
 * The key that a request was admitted with.
 *
 * @throws KeywardError `not-admitted` where no middleware admitted the request, or it is anonymous
 */
export function apiKeyOf(request: IncomingMessage): ApiKey {
  return keyOf(request);
}

/**
 * The decision about an admitted request: its key, its plan, and `settle`.
 *
 * @throws KeywardError `not-admitted` where no middleware admitted the request
 */
export function admissionOf(request: IncomingMessage): Admitted {
  return decisionOf(request);
}

/** Only Node's fields where there is no Express. */
type ExpressRequest = IncomingMessage & Partial<Pick<Request, "app" | "ip" | "secure" | "baseUrl" | "route">>;

type TrustsProxy = (address: string | undefined, hop: number) => boolean;

const express: Framework<ExpressRequest> = {
  name: "Express",
  proxySetting: 'app.set("trust proxy", …)',
  stateKeyOf: (request) => request,
  methodOf: ({ method }) => method,
  headerOf: nodeHeaderOf,
  headerNamesOf: ({ headers }) => Object.keys(headers),
  isSecure(request) {
    // Express reads the header only from proxies that it trusts. Without the header, nothing but the socket counts.
    const isForwarded = request.app !== undefined && request.headers["x-forwarded-proto"] !== undefined;
    return isForwarded ? request.secure === true : isEncrypted(request.socket);
  },
  addressOf: (request) => (request.app === undefined ? request.socket.remoteAddress : request.ip) ?? "",
  connectionOf({ socket, app }) {
    const trusts = app?.get("trust proxy fn") as TrustsProxy | undefined;
    const { remoteAddress } = socket;
    return {
      encrypted: isEncrypted(socket),
      peer: remoteAddress ?? "",
      trustedProxy: trusts?.(remoteAddress, 0) === true,
    };
  },
  routeOf({ baseUrl = "", route }) {
    const path = (route as { path?: unknown } | undefined)?.path;
    return typeof path === "string" ? `${baseUrl}${path}` : undefined;
  },
};

/** Puts a decision on the response. Returns true if the request continues. */
function apply(
  mount: Mount<ExpressRequest>,
  decision: Decision | undefined,
  request: ExpressRequest,
  response: ServerResponse,
): MaybePromise<boolean> {
  if (decision !== undefined) mount.writeHeaders(decision, request, response);
  if (decision?.admitted === false) return refuse(mount, decision, request, response);
  exposeApiKey(request);
  mount.settleLater(request, request, response, response);
  return true;
}

function refuse(
  { route }: Mount<ExpressRequest>,
  refused: Refused,
  request: ExpressRequest,
  response: ServerResponse,
): MaybePromise<false> {
  response.statusCode = refused.status;
  limitRefusedBody(request, response);
  const send = (): false => {
    if (!response.headersSent && !response.writableEnded) response.end(JSON.stringify(refused.problem));
    return false;
  };
  return route.onRefused === undefined
    ? send()
    : Promise.resolve(route.onRefused(refused, request, response)).then(send);
}
