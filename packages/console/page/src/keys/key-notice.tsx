import { Link } from "wouter";
import type { ApiKey } from "../api/client.ts";
import { useSessionInfo } from "../session.ts";
import { dateTime, relativeTime } from "../ui/format.ts";
import { statusNote } from "./key-status.tsx";

/** Warnings above the details of a key. */
export function KeyNotice({ apiKey }: { readonly apiKey: ApiKey }) {
  const { keyPolicy } = useSessionInfo();
  const { status, rotatedTo, expiresAt, revokedAt, pause, lastUsedAt, lastUsedAddress } = apiKey;
  const successor = rotatedTo !== null && (
    <>
      {" "}
      <Link href={`/keys/${rotatedTo}`}>Open the new key</Link>.
    </>
  );
  if (status === "revoked") {
    return (
      <p className="notice">
        Revoked {revokedAt !== null && dateTime(revokedAt)}. This cannot be undone.{successor}
      </p>
    );
  }
  if (status === "expired") {
    return (
      <p className="notice">
        Expired {expiresAt !== null && relativeTime(expiresAt)}. Requests with it are refused.
        {rotatedTo === null && " Renew it to use it again."}
        {successor}
      </p>
    );
  }
  if (status === "paused") {
    return (
      <p className="notice warn">
        Paused by {pause?.by === "operator" ? "an operator" : "the owner"}
        {pause !== null && ` ${relativeTime(pause.at)}`}
        {pause?.until !== null && pause?.until !== undefined && `, until ${dateTime(pause.until)}`}.
        {pause?.reason !== null && pause?.reason !== undefined && ` Reason: ${pause.reason}`}
      </p>
    );
  }
  if (rotatedTo !== null) {
    return (
      <p className="notice warn">
        This key was rotated
        {expiresAt !== null && ` and ends ${relativeTime(expiresAt)}, ${dateTime(expiresAt)}`}.{" "}
        {lastUsedAt === null
          ? "It was never used."
          : `It was last used ${relativeTime(lastUsedAt)}${lastUsedAddress === null ? "" : ` from ${lastUsedAddress}`}.`}
        {successor}
      </p>
    );
  }
  const note = statusNote(apiKey, keyPolicy.rotateAfterDays);
  if (note === undefined) return null;
  return (
    <p className="notice warn">
      {note === "rotation overdue"
        ? `This key is older than ${keyPolicy.rotateAfterDays} days. Rotate it.`
        : `This key ${note}. Rotate it, or give it a later expiry.`}
    </p>
  );
}
