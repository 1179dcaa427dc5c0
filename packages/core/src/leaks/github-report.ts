import { verify } from "node:crypto";
import type { GitHubKeys } from "./github-keys.ts";

/** A match in a report of GitHub's secret scanning. */
export interface GitHubMatch {
  readonly token: string;
  /** The name that the pattern was registered with. */
  readonly type: string;
  readonly url: string;
  /** The kind of place on GitHub where it was found, such as `commit`. */
  readonly source: string;
}

/** The headers of a report. */
export interface GitHubSignature {
  readonly identifier: string;
  /** ECDSA over P-256 with SHA-256, DER in base64. */
  readonly signature: string;
}

/** True if GitHub signed these bytes. Rejects if its public keys cannot be read. */
export async function isSignedByGitHub(
  body: Buffer,
  { identifier, signature }: GitHubSignature,
  keys: GitHubKeys,
): Promise<boolean> {
  const key = await keys.find(identifier);
  if (key === undefined) return false;
  return verify("sha256", body, key, Buffer.from(signature, "base64"));
}

/** The matches of a report; `undefined` for a body of another form. */
export function parseGitHubReport(body: Buffer): readonly GitHubMatch[] | undefined {
  let report: unknown;
  try {
    report = JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
  if (!Array.isArray(report)) return undefined;
  const matches = report.map(toMatch);
  return matches.includes(undefined) ? undefined : (matches as readonly GitHubMatch[]);
}

function toMatch(value: unknown): GitHubMatch | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { token, type, url = "", source = "" } = value as Partial<Record<keyof GitHubMatch, unknown>>;
  const isMatch = [token, type, url, source].every((field) => typeof field === "string");
  return isMatch ? ({ token, type, url, source } as GitHubMatch) : undefined;
}
