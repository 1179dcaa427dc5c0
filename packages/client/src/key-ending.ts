/** The time and the reason for which the key of a client stops working. */
export interface KeyEnding {
  readonly endsAt: Date;
  /** `rotated`: another key replaced it. `expiring`: it reaches the end of its lifetime. */
  readonly reason: "rotated" | "expiring";
}

/** The value of `API-Key-Ends`: a time in seconds since the epoch that a `Date` can hold, and the reason. */
const KEY_ENDING = /^@(\d{1,12});reason="(rotated|expiring)"$/;

const browser = globalThis as { readonly reportError?: (error: unknown) => void };

/** Reports the end of keys: each once, until it changes. */
export function createKeyEndingReport(
  onKeyEnding: ((ending: KeyEnding) => unknown) | undefined,
): (key: string, headers: Pick<Headers, "get">) => void {
  let reported = "";
  return (key, headers) => {
    const match = KEY_ENDING.exec(headers.get("api-key-ends") ?? "");
    const name = key + match?.[0];
    if (!onKeyEnding || !match || name === reported) return;
    reported = name;
    const ending = { endsAt: new Date(Number(match[1]) * 1000), reason: match[2] as KeyEnding["reason"] };
    // A failure in it must not fail the call whose response announced the end. Node has no `reportError`.
    Promise.resolve(ending)
      .then(onKeyEnding)
      .catch((error: unknown) => browser.reportError?.(error));
  };
}
