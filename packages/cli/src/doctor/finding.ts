export type FindingLevel = "ok" | "warning" | "problem";

/** The result of one check. */
export interface Finding {
  /** The part that was checked: `secret`, `store`, `redis` … */
  readonly check: string;
  readonly verdict: FindingLevel;
  readonly message: string;
  /** Instructions to fix it. Only `ok` findings have no advice. */
  readonly advice?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, verdict: "ok", message };
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, verdict: "warning", message, advice };
}

export function problem(check: string, message: string, advice: string): Finding {
  return { check, verdict: "problem", message, advice };
}
