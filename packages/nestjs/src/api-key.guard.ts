import { Inject, Injectable, type CanActivate, type ExecutionContext } from "@nestjs/common";
import type { Decision, Keyward } from "@keyward/core";
import { rememberAdmission } from "./admissions.ts";
import { ApiKeyException } from "./api-key.exception.ts";
import { inTurn } from "./decision-of.ts";
import { setHeader, type PlatformRequest, type PlatformResponse } from "./platform.ts";
import { requirementsOf } from "./requirements.ts";
import { toAdmissionRequest } from "./to-admission-request.ts";
import { KEYWARD } from "./token.ts";

/**
 * Admits requests that carry a valid key within its limits, and refuses the others with an `ApiKeyException`.
 * `@Scopes()`, `@Cost()` and `@Public()` say what a handler asks for.
 *
 * Standing twice on a request's way, it counts the request once.
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
  readonly #kw: Keyward;

  constructor(@Inject(KEYWARD) kw: Keyward) {
    this.#kw = kw;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const requirements = requirementsOf(context.getClass(), context.getHandler());
    if (requirements.public) return true;
    const { request, response } = this.getRequestResponse(context);
    const decide = () => this.#kw.admit(toAdmissionRequest(request, requirements));
    const decision = inTurn(request, decide);
    return decision instanceof Promise
      ? decision.then((decided) => apply(decided, context, request, response))
      : apply(decision, context, request, response);
  }

  /**
   * The HTTP request and its response, as Express or Fastify know them. Override it where a handler is called
   * with something else, as in GraphQL:
   *
   * ```ts
   * @Injectable()
   * class GraphqlApiKeyGuard extends ApiKeyGuard {
   *   protected override getRequestResponse(context: ExecutionContext) {
   *     const { req } = GqlExecutionContext.create(context).getContext();
   *     return { request: req, response: req.res };
   *   }
   * }
   * ```
   *
   * @throws Error in a context that is not HTTP.
   */
  protected getRequestResponse(context: ExecutionContext): {
    request: PlatformRequest;
    response: PlatformResponse;
  } {
    if (context.getType() !== "http") {
      throw new Error(
        `ApiKeyGuard finds no HTTP request in a context of type "${context.getType()}" ` +
          `(${context.getClass().name}.${context.getHandler().name}). Extend it and override getRequestResponse().`,
      );
    }
    const http = context.switchToHttp();
    return { request: http.getRequest(), response: http.getResponse() };
  }
}

function apply(
  decision: Decision,
  context: ExecutionContext,
  request: PlatformRequest,
  response: PlatformResponse,
): true {
  const { headers } = decision;
  for (const name in headers) setHeader(response, name, headers[name] as string);
  if (!decision.admitted) throw new ApiKeyException(decision);
  rememberAdmission(context, request, decision);
  return true;
}
