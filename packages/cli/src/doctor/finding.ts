/** How grave a finding is. */
export type Verdict = "ok" | "warning" | "problem";

/** One thing that was looked at, and what to do about it if it is not well. */
export interface Finding {
  /** What was looked at: `secret`, `store`, `redis` … */
  readonly of: string;
  readonly verdict: Verdict;
  readonly what: string;
  readonly advice?: string;
}

export const ok = (of: string, what: string): Finding => ({ of, verdict: "ok", what });
export const warning = (of: string, what: string, advice: string): Finding => ({
  of,
  verdict: "warning",
  what,
  advice,
});
export const problem = (of: string, what: string, advice: string): Finding => ({
  of,
  verdict: "problem",
  what,
  advice,
});
