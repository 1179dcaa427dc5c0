import { HttpException } from "@nestjs/common";
import type { Problem, Refused, ResponseHeaders } from "@keyward/core";

/**
 * A request that Keyward refused. `getStatus()` is the status, `getResponse()` the problem document, and `problem.code` the reason. A
 * response with this status gets `headers`, whichever filter writes it.
 */
export class ApiKeyException extends HttpException {
  readonly problem: Problem;
  readonly headers: ResponseHeaders;

  constructor({ status, problem, headers }: Refused) {
    super({ ...problem }, status);
    this.name = "ApiKeyException";
    this.message = problem.detail;
    this.problem = problem;
    this.headers = headers;
  }
}
