import { parseList } from "./structured-fields.ts";

/** When and why the key of a client stops working. */
export interface KeyEnding {
  readonly endsAt: Date;
  /** `rotated`: another key replaced it. `expiring`: it reaches the end of its lifetime. */
  readonly reason: "rotated" | "expiring";
}

/** Reads `API-Key-Ends`. Returns `undefined` where it is absent or invalid. */
export function readKeyEnding(headers: Pick<Headers, "get">): KeyEnding | undefined {
  const [item] = parseList(headers.get("api-key-ends") ?? "") ?? [];
  const reason = item?.parameters.get("reason");
  const endsAt = item?.value;
  const isKnown = reason === "rotated" || reason === "expiring";
  if (!isKnown || !(endsAt instanceof Date) || Number.isNaN(endsAt.getTime())) return undefined;
  return { endsAt, reason };
}

function reportFailure(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  reportError?.(error);
}

/** Reports the end of keys: each once, until it changes. */
export function createKeyEndingReport(
  onKeyEnding: ((ending: KeyEnding) => unknown) | undefined,
): (key: string, headers: Pick<Headers, "get">) => void {
  let reportedKey = "";
  let reported = "";
  return (key, headers) => {
    const ending = onKeyEnding === undefined ? undefined : readKeyEnding(headers);
    if (onKeyEnding === undefined || ending === undefined) return;
    const name = `${ending.reason} ${ending.endsAt.getTime()}`;
    if (key === reportedKey && name === reported) return;
    reportedKey = key;
    reported = name;
    // A failure in it must not fail the call whose response announced the end. Node has no `reportError`.
    Promise.resolve(ending).then(onKeyEnding).catch(reportFailure);
  };
}
