import { Link } from "wouter";
import type { ApiKey } from "../api/client.ts";
import { ago, date } from "../ui/time.tsx";

const DAY_MS = 86_400_000;
const EXPIRES_SOON_MS = 14 * DAY_MS;
const OLD_MS = 90 * DAY_MS;

/** What somebody should know of a key before it hurts, in a few words for a list. */
export function noticeOf(key: ApiKey, now = Date.now()): string | undefined {
  if (key.status !== "active") return undefined;
  if (key.rotatedTo !== null) return key.expiresAt === null ? undefined : `Ends ${ago(key.expiresAt, now)}`;
  if (key.expiresAt !== null && new Date(key.expiresAt).getTime() - now < EXPIRES_SOON_MS)
    return `Expires ${ago(key.expiresAt, now)}`;
  return isOld(key, now) ? "Not rotated for 90 days" : undefined;
}

function isOld({ createdAt }: ApiKey, now: number): boolean {
  return now - new Date(createdAt).getTime() > OLD_MS;
}

/** The same in full. */
export function Notices({ apiKey }: { readonly apiKey: ApiKey }) {
  const now = Date.now();
  if (apiKey.status === "revoked") {
    return (
      <p className="notice">
        Revoked {apiKey.revokedAt !== null && date(apiKey.revokedAt)}. This cannot be undone.
        {apiKey.rotatedTo !== null && <Successor id={apiKey.rotatedTo} />}
      </p>
    );
  }
  if (apiKey.rotatedTo !== null) return <Overlap apiKey={apiKey} />;
  if (apiKey.status === "expired") {
    return (
      <p className="notice">
        Expired {apiKey.expiresAt !== null && ago(apiKey.expiresAt)}. Requests with it are refused.
      </p>
    );
  }
  const expires = apiKey.expiresAt !== null && new Date(apiKey.expiresAt).getTime() - now < EXPIRES_SOON_MS;
  return (
    <>
      {expires && (
        <p className="notice warn">
          Expires {ago(apiKey.expiresAt as string)}, {date(apiKey.expiresAt as string)}. Rotate it, or give it
          a later expiry.
        </p>
      )}
      {isOld(apiKey, now) && (
        <p className="notice warn">
          This key has not been rotated for 90 days. Rotating gives its holder time to change over.
        </p>
      )}
    </>
  );
}

/** A key beside the one that took its place: whether somebody still uses it, and from where. */
function Overlap({ apiKey }: { readonly apiKey: ApiKey }) {
  const { rotatedTo, expiresAt, lastUsedAt, lastUsedAddress, status } = apiKey;
  return (
    <p className={status === "active" ? "notice warn" : "notice"}>
      This key was rotated.
      {rotatedTo !== null && <Successor id={rotatedTo} />}{" "}
      {status === "active" && expiresAt !== null && `It works until ${date(expiresAt)} (${ago(expiresAt)}). `}
      {lastUsedAt === null
        ? "It was never used."
        : `It was last used ${ago(lastUsedAt)}${lastUsedAddress === null ? "" : `, from ${lastUsedAddress}`}.`}
    </p>
  );
}

function Successor({ id }: { readonly id: string }) {
  return (
    <>
      {" "}
      <Link href={`/keys/${id}`}>The key that took its place</Link>.
    </>
  );
}
