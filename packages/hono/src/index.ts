import type { IncomingMessage, ServerResponse } from "node:http";
import {
  KeywardError,
  type Admitted,
  type ApiKey,
  type Keyward,
  type Names,
  type Refused,
} from "@keyward/core";
import {
  decisionOf,
  findDecision,
  isEncrypted,
  keyOf,
  limitRefusedBody,
  MeMount,
  Mount,
  nodeHeaderOf,
  whenBodyEnds,
  withHeaders,
  type Framework,
  type RouteOptions,
} from "@keyward/core/adapter";
import type { Context, Handler, MiddlewareHandler } from "hono";
import proxyAddress from "proxy-addr";

/** Variables of the context on routes behind `keyward(kw)`. */
export interface KeywardVariables {
  /** The key that the request was admitted with. `undefined` for anonymous requests, preflights and skipped ones. */
  apiKey: ApiKey;
}

/** Proxies whose `X-Forwarded-…` headers are read: addresses, networks, `loopback`, or `unix` for peers of a Unix socket; `true` for all. */
export type TrustProxy = boolean | string | readonly string[];

/** Requirements of a route. Functions receive `(c)`. */
export interface HonoMiddlewareOptions<N extends Names = Names> extends RouteOptions<[c: Context], N> {
  /** The proxies to trust, since Hono has no setting for it. Default: none. */
  readonly trustProxy?: TrustProxy | undefined;
  /** The client's address. Default: that of the connection on Node, Bun and Deno, or what a trusted proxy says. */
  readonly clientAddress?: ((c: Context) => string | undefined) | undefined;
  /** True if the request came over HTTPS. Default: by the connection on Node, else by the URL, or what a trusted proxy says. */
  readonly secure?: ((c: Context) => boolean) | undefined;
}

/** Options for reading requests. */
export type HonoMeOptions = Pick<HonoMiddlewareOptions, "trustProxy" | "clientAddress" | "secure">;

const OWN_OPTIONS = ["trustProxy", "clientAddress", "secure"];

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
 * app.use("/v1/*", keyward(kw));
 * app.post("/v1/reports", keyward(kw, { scopes: ["reports:write"], cost: 10 }), createReport);
 * ```
 */
export function keyward<N extends Names>(
  kw: Keyward<N>,
  options: HonoMiddlewareOptions<NoInfer<N>> = {},
): MiddlewareHandler<{ Variables: KeywardVariables }> {
  const mount = new Mount<Context>(kw, hono(options), options, OWN_OPTIONS);
  return async function keywardMiddleware(c: Context, next) {
    const decision = await mount.decide(c, c, undefined);
    if (decision?.admitted === false) return refuse(mount, decision, c);
    const request = requestOf(c);
    const key = findDecision(request)?.key;
    if (key !== undefined || c.get("apiKey") !== undefined) c.set("apiKey", key);
    await next();
    // An inner mount has written the headers of the later decision.
    if (decision === undefined || refusedIn.has(c) || findDecision(request) !== decision) return undefined;
    replaceResponse(
      c,
      withHeaders(c.res, (target) => mount.writeHeaders(decision, c, target)),
    );
    const outgoing = (c.env as NodeBindings | undefined)?.outgoing;
    mount.settleLater(c, c, undefined, outgoing ?? ((done) => replaceResponse(c, whenBodyEnds(c.res, done))));
    return undefined;
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
export function me(kw: Keyward, options: HonoMeOptions = {}): Handler {
  const mount = new MeMount<Context>(kw, hono(options));
  return async function keywardMe(c: Context): Promise<Response> {
    const headers = new Headers();
    const { status, body } = await mount.respond(c, {
      getHeader: (name) => headers.get(name) ?? undefined,
      setHeader: (name, value) => headers.set(name, value),
    });
    return new Response(body, { status, headers });
  };
}

/**
 * The key that a request was admitted with.
 *
 * @throws KeywardError `not-admitted` where no middleware admitted the request, or it is anonymous
 */
export function apiKeyOf(c: Context): ApiKey {
  return keyOf(requestOf(c));
}

/**
 * The decision about an admitted request: its key, its plan, and `settle`.
 *
 * @throws KeywardError `not-admitted` where no middleware admitted the request
 */
export function admissionOf(c: Context): Admitted {
  return decisionOf(requestOf(c));
}

/** Values that Hono's servers add to the context. */
interface NodeBindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

interface OtherBindings {
  /** Of Deno. */
  readonly remoteAddr?: { readonly hostname?: string };
  /** Of Bun: its server, or an object that holds it. */
  readonly requestIP?: (request: Request) => { readonly address: string } | null;
  readonly server?: OtherBindings;
}

function incomingOf(c: Context): IncomingMessage | undefined {
  return (c.env as NodeBindings | undefined)?.incoming;
}

/** The same request for all mounts: `c.req.raw` can be replaced. */
function requestOf(c: Context): object {
  return incomingOf(c) ?? c;
}

function peerOf(c: Context): string | undefined {
  const incoming = incomingOf(c);
  if (incoming !== undefined) return incoming.socket.remoteAddress ?? "";
  const { remoteAddr, requestIP, server } = (c.env ?? {}) as OtherBindings;
  if (typeof remoteAddr?.hostname === "string") return remoteAddr.hostname;
  if (typeof requestIP === "function")
    return (c.env as Required<OtherBindings>).requestIP(c.req.raw)?.address;
  return typeof server?.requestIP === "function" ? server.requestIP(c.req.raw)?.address : undefined;
}

function isEncryptedRequest(c: Context): boolean {
  const incoming = incomingOf(c);
  return incoming === undefined ? c.req.url.startsWith("https:") : isEncrypted(incoming.socket);
}

type Trusts = (address: string, hop: number) => boolean;

function hono({ trustProxy = false, clientAddress, secure }: HonoMiddlewareOptions): Framework<Context> {
  for (const [name, value] of Object.entries({ clientAddress, secure })) {
    if (value !== undefined && typeof value !== "function") {
      throw new KeywardError("invalid-option", `${name} must be a function; got ${String(value)}.`);
    }
  }
  const trusts = toTrusts(trustProxy);
  const header = (c: Context, name: string) => {
    const incoming = incomingOf(c);
    return incoming === undefined ? c.req.header(name) : nodeHeaderOf(incoming, name);
  };
  return {
    name: "Keyward's middleware for Hono",
    proxySetting: 'keyward(kw, { trustProxy: "loopback" })',
    stateKeyOf: requestOf,
    methodOf: (c) => incomingOf(c)?.method ?? c.req.method,
    headerOf: header,
    headerNamesOf: (c) => Object.keys(incomingOf(c)?.headers ?? c.req.header()),
    isSecure(c) {
      if (secure !== undefined) return secure(c);
      const encrypted = isEncryptedRequest(c);
      const forwarded = header(c, "x-forwarded-proto");
      if (forwarded === undefined || trustProxy === false) return encrypted;
      const peer = peerOf(c);
      if (peer === undefined || !trusts(peer, 0)) return encrypted;
      // A proxy may have added to what it received; the first is what the client used.
      return String(forwarded).split(",")[0]?.trim() === "https";
    },
    addressOf(c) {
      if (clientAddress !== undefined) return clientAddress(c) ?? "";
      const peer = peerOf(c);
      if (peer === undefined || trustProxy === false) return peer ?? "";
      const headers = { "x-forwarded-for": header(c, "x-forwarded-for") };
      return proxyAddress({ headers, socket: { remoteAddress: peer } } as never, trusts) ?? "";
    },
    connectionOf(c) {
      const peer = peerOf(c);
      if (peer === undefined) return undefined;
      return { encrypted: isEncryptedRequest(c), peer, trustedProxy: trusts(peer, 0) };
    },
    routeOf: (c) => c.req.matchedRoutes.findLast(({ path }) => !path.endsWith("*"))?.path,
  };
}

/** @throws KeywardError `invalid-option` */
function toTrusts(trustProxy: TrustProxy): Trusts {
  if (typeof trustProxy === "boolean") return () => trustProxy;
  const names =
    typeof trustProxy === "string" ? trustProxy.split(",").map((name) => name.trim()) : [...trustProxy];
  const networks = names.filter((name) => name !== "unix");
  try {
    const trusted = proxyAddress.compile(networks);
    return (address, hop) => (address === "" ? networks.length < names.length : trusted(address, hop));
  } catch (error) {
    throw new KeywardError(
      "invalid-option",
      `trustProxy must be true, false, or addresses, networks, "loopback" or "unix"; ${(error as Error).message}.`,
    );
  }
}

/** Contexts whose response is a refusal. */
const refusedIn = new WeakSet<Context>();

async function refuse(mount: Mount<Context>, refused: Refused, c: Context): Promise<Response> {
  refusedIn.add(c);
  replaceResponse(
    c,
    withHeaders(c.res, (target) => mount.writeHeaders(refused, c, target)),
  );
  const { incoming, outgoing } = (c.env ?? {}) as NodeBindings;
  if (incoming !== undefined && outgoing !== undefined) limitRefusedBody(incoming, outgoing);
  const status = refused.status as 401;
  c.status(status);
  const own = await mount.route.onRefused?.(refused, c, undefined);
  return isResponse(own) ? own : c.body(JSON.stringify(refused.problem), status);
}

function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value;
}

/** Hono adds the headers of the response before to the next one, and the next one here has them already. */
function replaceResponse(c: Context, response: Response): void {
  if (response === c.res) return;
  c.res = undefined;
  c.res = response;
}
