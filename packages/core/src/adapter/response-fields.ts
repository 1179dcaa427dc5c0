import { BEARER } from "../admission/presented-key.ts";
import type { Configuration } from "../configuration.ts";

/** The response that fields are added to: a `ServerResponse` of Node, or what has these methods. */
export interface HeaderTarget {
  getHeader(name: string): number | string | readonly string[] | undefined;
  setHeader(name: string, value: string): unknown;
}

/** The fields of responses that do not depend on the decision. */
export interface FixedFields {
  /** The request headers that select the response: those that may hold a key. */
  readonly vary: string;
  /** Response headers that pages of other origins may read. */
  readonly exposed: string;
}

export function fixedFields({ keyFrom, exposedHeaders }: Configuration): FixedFields {
  return {
    vary: keyFrom.map((place) => (place === BEARER ? "Authorization" : place)).join(", "),
    exposed: exposedHeaders.join(", "),
  };
}

/** Keeps shared caches from sending the response of one customer to another, unless the application decides about caching. */
export function addCaching(target: HeaderTarget, vary: string): void {
  if (target.getHeader("Cache-Control") === undefined) target.setHeader("Cache-Control", "private");
  addToList(target, "Vary", vary);
}

/** Lets the page of another origin read the fields, where CORS lets it read the response. */
export function addExposed(target: HeaderTarget, exposed: string): void {
  addToList(target, "Access-Control-Expose-Headers", exposed);
}

/** Adds names to a list of header names; a list that has `*`, or them already, stays as it is. */
function addToList(target: HeaderTarget, field: string, names: string): void {
  const current = target.getHeader(field);
  if (current === names) return;
  if (current === undefined || current === "") target.setHeader(field, names);
  else {
    const listed = String(current);
    const exposed = new Set(
      listed
        .toLowerCase()
        .split(",")
        .map((name) => name.trim()),
    );
    if (exposed.has("*")) return;
    const added = names.split(", ").filter((name) => !exposed.has(name.toLowerCase()));
    if (added.length > 0) target.setHeader(field, [listed, ...added].join(", "));
  }
}
