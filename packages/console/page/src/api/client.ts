import createClient from "openapi-fetch";
import type { components, paths } from "../../generated/admin-api.ts";

export type ApiKey = components["schemas"]["ApiKey"];
export type CreateApiKey = components["schemas"]["CreateApiKey"];
export type UpdateApiKey = components["schemas"]["UpdateApiKey"];
export type CreatedKey = components["schemas"]["CreatedKey"];
export type Session = components["schemas"]["Session"];
export type UsageRow = components["schemas"]["Usage"]["rows"][number];
export type AuditEntry = components["schemas"]["AuditPage"]["entries"][number];
type ProblemDocument = components["schemas"]["Problem"];

/** The admin API, where the page came from. Its types are generated from the API's own document. */
export const api = createClient<paths>({ baseUrl: new URL("api", document.baseURI).href });

/** What the server answered in place of what was asked for. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly keyId: string | undefined;
  readonly signIn: string | null | undefined;

  constructor(document: ProblemDocument) {
    super(document.detail);
    this.name = "Problem";
    this.status = document.status;
    this.code = document.code;
    this.field = document.field;
    this.keyId = document.keyId;
    this.signIn = document.signIn;
  }
}

export function isProblem(error: unknown): error is Problem {
  return error instanceof Problem;
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * The data of an answer.
 *
 * @throws Problem where the server refused; TypeError where it could not be reached
 */
export async function dataOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  const document = error as Partial<ProblemDocument> | undefined;
  throw new Problem({
    type: "",
    title: "",
    status: response.status,
    code: document?.code ?? "no-answer",
    detail: document?.detail ?? `The server answered ${response.status}.`,
    ...(document?.field !== undefined && { field: document.field }),
    ...(document?.keyId !== undefined && { keyId: document.keyId }),
    ...(document?.signIn !== undefined && { signIn: document.signIn }),
  });
}

/** What to tell a person of a failure. */
export function explain(error: unknown): string {
  if (isProblem(error)) return error.message;
  return "The server does not answer. Check your connection and try again.";
}
