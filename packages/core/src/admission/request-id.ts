import { randomUUID } from "node:crypto";
import type { AdmissionRequest } from "./request.ts";

/** Names are logged and sent back, so they hold nothing that could be taken for more than a name. */
const SAFE = /^[\w.:/+=-]{1,128}$/;

/** The names that were made up for requests which brought none: one for all mounts on a request's way. */
const made = new WeakMap<AdmissionRequest, string>();

/** What the request is named, or a name for it. `undefined` where names are not asked for. */
export function requestIdOf(request: AdmissionRequest, header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const sent = request.header(header);
  if (typeof sent === "string" && SAFE.test(sent)) return sent;
  const known = made.get(request) ?? request.previous?.headers[header];
  if (known !== undefined) return known;
  const name = randomUUID();
  made.set(request, name);
  return name;
}
