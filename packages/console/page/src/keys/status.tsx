import type { ApiKey } from "../api/client.ts";

/** What a key is in a word: its status, and that it lives on beside the one that took its place. */
export function Status({ apiKey }: { readonly apiKey: ApiKey }) {
  const overlapping = apiKey.status === "active" && apiKey.rotatedTo !== null;
  const status = overlapping ? "replaced" : apiKey.status;
  return <span className={`badge ${status}`}>{overlapping ? "being replaced" : status}</span>;
}
