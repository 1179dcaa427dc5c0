import type { Refused } from "@keyward/core";
import type { Mount } from "@keyward/core/adapter";
import type { ExecutionContext } from "@nestjs/common";
import type { ServerResponse } from "node:http";
import { ApiKeyException } from "./api-key.exception.ts";
import type { PlatformRequest } from "./platform.ts";

/** A refusal and its request. */
export interface RefusedContext {
  readonly mount: Mount<PlatformRequest>;
  readonly refused: Refused;
  readonly request: PlatformRequest;
  readonly context: ExecutionContext;
}

const refusals = new WeakMap<ApiKeyException, RefusedContext>();

/** The exception of a refusal. */
export function toException(refusal: RefusedContext): ApiKeyException {
  const exception = new ApiKeyException(refusal.refused);
  refusals.set(exception, refusal);
  return exception;
}

/** The refusal of an exception; `undefined` where the application made the exception. */
export function refusalOf(exception: ApiKeyException): RefusedContext | undefined {
  return refusals.get(exception);
}

/**
 * Adds the headers of a refusal to the response when it is written, if it has the status of the refusal: a filter of the application writes
 * its own response, and a guard that catches the exception may admit the request after all.
 */
export function addHeadersWhenWritten(
  { mount, refused, request }: RefusedContext,
  response: ServerResponse,
): void {
  const { writeHead } = response;
  const writeHeadWithHeaders = (status: number, ...others: unknown[]): ServerResponse => {
    response.writeHead = writeHead;
    if (status === refused.status) {
      const present = new Set(others.flatMap(namesOf));
      mount.writeHeaders(refused, request, {
        getHeader: (name) => response.getHeader(name),
        setHeader(name, value) {
          const isSet = response.hasHeader(name) || present.has(name.toLowerCase());
          if (!isSet && name !== "Content-Type") response.setHeader(name, value);
        },
      });
    }
    return Reflect.apply(writeHead, response, [status, ...others]) as ServerResponse;
  };
  response.writeHead = writeHeadWithHeaders as typeof writeHead;
}

/** The names of headers that `writeHead` is called with. */
function namesOf(headers: unknown): string[] {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return [];
  return Object.keys(headers).map((name) => name.toLowerCase());
}
