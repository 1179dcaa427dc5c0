import { randomUUID } from "node:crypto";
import type { AdmissionRequest } from "./request.ts";

/** Ids are logged and sent back, so they contain nothing but an id. */
const SAFE = /^[\w.:/+=-]{1,128}$/;

/** The end of a key, which an id must not contain: a client that sends its key as an id must not find it in logs. */
const KEY_END = /_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}/;

/** Generated ids of requests without one: one for all mounts on a request's way. */
const made = new WeakMap<AdmissionRequest, string>();

/** The id of a request, its own or a new one. `undefined` if request ids are disabled. */
export function requestIdOf(request: AdmissionRequest, header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const sent = request.header(header);
  if (typeof sent === "string" && SAFE.test(sent) && !KEY_END.test(sent)) return sent;
  const existing = made.get(request) ?? request.previous?.headers[header];
  if (existing !== undefined) return existing;
  const name = randomUUID();
  made.set(request, name);
  return name;
}
