import type { ApiKey } from "../api/client.ts";
import { relativeTime } from "../ui/format.ts";

const DAY_MS = 86_400_000;
const EXPIRES_SOON_MS = 30 * DAY_MS;

/** The label of a status, such as `Active` or `Rotating`. */
export function statusLabel({ status, rotatedTo }: ApiKey): string {
  if (status === "active" && rotatedTo !== null) return "Rotating";
  return status.charAt(0).toUpperCase() + status.slice(1);
}

export function KeyStatus({ apiKey }: { readonly apiKey: ApiKey }) {
  const label = statusLabel(apiKey);
  return <span className={`badge ${label.toLowerCase()}`}>{label}</span>;
}

/** A short warning for a list. */
export function statusNote(
  { status, rotatedTo, expiresAt, pause, createdAt }: ApiKey,
  rotateAfterDays: number | undefined,
): string | undefined {
  const now = Date.now();
  if (status === "paused") {
    const until = pause?.until;
    return until === null || until === undefined ? undefined : `resumes ${relativeTime(until, now)}`;
  }
  if (status !== "active") return undefined;
  if (expiresAt !== null && new Date(expiresAt).getTime() - now < EXPIRES_SOON_MS) {
    return `${rotatedTo === null ? "expires" : "ends"} ${relativeTime(expiresAt, now)}`;
  }
  const isOverdue =
    rotateAfterDays !== undefined && now - new Date(createdAt).getTime() > rotateAfterDays * DAY_MS;
  return isOverdue && rotatedTo === null ? "rotation overdue" : undefined;
}
