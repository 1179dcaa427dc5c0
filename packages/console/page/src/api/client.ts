import createClient from "openapi-fetch";
import type { components, paths } from "../../generated/admin-api.ts";

type Schemas = components["schemas"];
export type ApiKey = Schemas["ApiKey"];
export type CreateApiKey = Schemas["CreateApiKey"];
export type UpdateApiKey = Schemas["UpdateApiKey"];
export type CreatedKey = Schemas["CreatedKey"];
export type KeyPage = Schemas["ApiKeyPage"];
export type SearchApiKeys = Schemas["SearchApiKeys"];
export type Limits = Schemas["Limits"];
export type OwnLimits = Schemas["OwnLimits"];
export type Owner = Schemas["Owner"];
export type Session = Schemas["Session"];
export type Overview = Schemas["Overview"];
export type UsageRow = Schemas["Usage"]["rows"][number];

export type AuditPage = Schemas["AuditPage"];
export type AuditEvent = Schemas["AuditPage"]["events"][number];
type ProblemDocument = Schemas["Problem"];

/** The admin API of the server that sent the page. Its types are generated from the API's document. */
export const api = createClient<paths>({ baseUrl: new URL("api", document.baseURI).href });

const IDLE_MS = 60_000;
let lastInputAt = Date.now();
for (const type of ["pointerdown", "keydown"]) {
  addEventListener(type, () => void (lastInputAt = Date.now()), { capture: true, passive: true });
}

// The page refreshes itself. Such requests must not extend an idle session.
api.use({
  onRequest({ request }) {
    if (Date.now() - lastInputAt > IDLE_MS) request.headers.set("keyward-idle", "1");
    return request;
  },
});

/** A problem document that the server returned. */
export class ApiProblem extends Error {
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

export function isProblem(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem;
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * The data of a response.
 *
 * @throws Problem if the server refused; TypeError if it could not be reached
 */
export async function dataOf<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request;
  if (response.ok) return data as T;
  const document = error as Partial<ProblemDocument> | undefined;
  throw new ApiProblem({
    type: "",
    title: "",
    status: response.status,
    code: document?.code ?? "no-answer",
    detail: document?.detail ?? `The server returned the status ${response.status}.`,
    ...(document?.field !== undefined && { field: document.field }),
    ...(document?.keyId !== undefined && { keyId: document.keyId }),
    ...(document?.signIn !== undefined && { signIn: document.signIn }),
  });
}

/** A failure whose message is written for the person who reads the page. */
export class Explanation extends Error {}

/** The text that a person gets about a failure. */
export function explain(error: unknown): string {
  if (isProblem(error) || error instanceof Explanation) return error.message;
  return "The server cannot be reached. Check your connection and retry.";
}
