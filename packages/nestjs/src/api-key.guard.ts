import { Inject, Injectable, Optional, type CanActivate, type ExecutionContext } from "@nestjs/common";
import type { Decision, Keyward } from "@keyward/core";
import { limitRefusedBody, type Mount } from "@keyward/core/adapter";
import { inTurn, rememberCarrier } from "./current-request.ts";
import {
  exposeKey,
  headersOf,
  rawRequest,
  rawResponse,
  type PlatformRequest,
  type PlatformResponse,
} from "./platform.ts";
import { addHeadersWhenWritten, toException, type RefusedContext } from "./refusals.ts";
import { RouteMounts } from "./route-mounts.ts";
import type { ApiKeyRouteOptions } from "./route-options.ts";
import { DEFAULTS, KEYWARD } from "./tokens.ts";

/** The request that a handler is called for, and its response where there is one. */
export interface RequestAndResponse {
  readonly request: PlatformRequest;
  /** Missing for a GraphQL subscription. */
  readonly response?: PlatformResponse | undefined;
}

/**
 * Admits requests that carry a valid key within its limits, and refuses others with an `ApiKeyException`. `@RequireScopes()`,
 * `@RequestCost()`, `@RequestBudgets()`, `@ApiKeyOptions()` and `@SkipApiKey()` say what a handler requires.
 *
 * Several guards count a request once.
 *
 * @example
 * ```ts
 * @UseGuards(ApiKeyGuard)
 * @Controller("reports")
 * class ReportsController {}
 * ```
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  readonly #mounts: RouteMounts;

  constructor(@Inject(KEYWARD) kw: Keyward, @Optional() @Inject(DEFAULTS) defaults: ApiKeyRouteOptions = {}) {
    this.#mounts = new RouteMounts(kw, defaults);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const mount = this.#mounts.mountOf(context.getClass(), context.getHandler());
    if (mount === undefined) return true;
    const { request, response } = this.getRequestResponse(context);
    const decide = () => mount.decide(request, context, undefined);
    const decision = context.getType() === "http" ? decide() : inTurn(rawRequest(request), decide);
    const conclude = (decided: Decision | undefined): true => {
      if (decided?.admitted === false) throw refuse({ mount, refused: decided, request, context }, response);
      admit(mount, decided, { request, response });
      mount.settleLater(request, context, undefined, doneOf(request, response));
      rememberCarrier(context, request);
      return true;
    };
    return decision instanceof Promise ? decision.then(conclude) : conclude(decision);
  }

  /**
   * The request and its response, as Express or Fastify has them. Override it for contexts that are neither HTTP nor GraphQL, or where the
   * GraphQL context has the request elsewhere than in `req` or `request`.
   *
   * ```ts
   * @Injectable()
   * class SocketApiKeyGuard extends ApiKeyGuard {
   *   protected override getRequestResponse(context: ExecutionContext) {
   *     return { request: context.switchToWs().getClient().upgradeRequest };
   *   }
   * }
   * ```
   *
   * @throws Error in another context
   */
  protected getRequestResponse(context: ExecutionContext): RequestAndResponse {
    const type: string = context.getType();
    if (type === "http") {
      const http = context.switchToHttp();
      return { request: http.getRequest(), response: http.getResponse() };
    }
    const found = type === "graphql" ? inGraphql(context.getArgByIndex(2)) : undefined;
    if (found !== undefined) return found;
    throw new Error(
      `ApiKeyGuard finds no HTTP request in a context of type "${type}" ` +
        `(${context.getClass().name}.${context.getHandler().name}). Extend it and override getRequestResponse().`,
    );
  }
}

/** Values that GraphQL servers put into the context. */
interface GraphqlContext {
  readonly req?: PlatformRequest & { readonly res?: PlatformResponse };
  readonly request?: PlatformRequest;
  readonly res?: PlatformResponse;
  readonly reply?: PlatformResponse;
  /** Of graphql-ws. */
  readonly extra?: { readonly request?: PlatformRequest };
}

function inGraphql(context: GraphqlContext | undefined): RequestAndResponse | undefined {
  const { req, request = req, res, reply = res, extra } = context ?? {};
  const found = request ?? extra?.request;
  if (found === undefined || !("headers" in found)) return undefined;
  return { request: found, response: reply ?? req?.res };
}

function admit(
  mount: Mount<PlatformRequest>,
  decision: Decision | undefined,
  { request, response }: RequestAndResponse,
): void {
  if (decision !== undefined && response !== undefined)
    mount.writeHeaders(decision, request, headersOf(response));
  exposeKey(request);
}

function refuse(refusal: RefusedContext, response: PlatformResponse | undefined): Error {
  if (response !== undefined) {
    limitRefusedBody(rawRequest(refusal.request), rawResponse(response));
    if (refusal.context.getType() === "http") addHeadersWhenWritten(refusal, rawResponse(response));
    // A field of a GraphQL response is refused in its body, whose content type and status are those of GraphQL.
    else
      refusal.mount.writeHeaders(refusal.refused, refusal.request, withoutContentType(headersOf(response)));
  }
  return toException(refusal);
}

function withoutContentType(target: ReturnType<typeof headersOf>): ReturnType<typeof headersOf> {
  return {
    getHeader: (name) => target.getHeader(name),
    setHeader: (name, value) => (name === "Content-Type" ? undefined : target.setHeader(name, value)),
  };
}

/** Resolves when a request ends: with its response, or with its connection if it has no response. */
function doneOf(request: PlatformRequest, response: PlatformResponse | undefined) {
  if (response !== undefined) return rawResponse(response);
  return (done: () => void) => void rawRequest(request).socket.once("close", done);
}
