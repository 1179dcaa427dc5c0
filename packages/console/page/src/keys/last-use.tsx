import type { ApiKey } from "../api/client.ts";
import { dateTime, relativeTime } from "../ui/format.ts";

/** The last use of a key: address and time. Shown before a key stops working. */
export function LastUse({ apiKey: { lastUsedAt, lastUsedAddress } }: { readonly apiKey: ApiKey }) {
  if (lastUsedAt === null) return <p className="notice">This key was never used.</p>;
  return (
    <p className="notice">
      Last used{" "}
      <time dateTime={lastUsedAt} title={dateTime(lastUsedAt)}>
        {relativeTime(lastUsedAt)}
      </time>
      {lastUsedAddress !== null && ` from ${lastUsedAddress}`}.
    </p>
  );
}
