import { Link } from "wouter";
import type { ApiKey } from "../api/client.ts";
import { limitsText } from "../limits/limits-text.ts";
import { useSessionInfo } from "../session.ts";
import { dateTime, relativeTime } from "../ui/format.ts";
import { Time } from "../ui/time.tsx";

/** The settings of a key. Metadata stands apart, so that it cannot be mistaken for a setting. */
export function KeyDetails({ apiKey }: { readonly apiKey: ApiKey }) {
  const { level } = useSessionInfo();
  const { id, lineageId, ownerId, environment, plan, scopes, quota, ownLimits, allowedAddresses } = apiKey;
  const { createdAt, expiresAt, lastUsedAt, lastUsedAddress } = apiKey;
  const metadata = Object.entries(apiKey.metadata);
  return (
    <section aria-labelledby="details-of-key">
      <h2 id="details-of-key">Details</h2>
      <dl className="facts">
        <div>
          <dt>Limits</dt>
          <dd>
            {quota === null ? <span className="muted">–</span> : limitsText(quota.limits)}
            {ownLimits !== null && (
              <span className="chip">
                Custom limits
                {ownLimits.until !== undefined && ` until ${dateTime(ownLimits.until)}`}
              </span>
            )}
          </dd>
        </div>
        {quota?.limits.owner !== undefined && (
          <div>
            <dt>All keys of the owner</dt>
            <dd>{limitsText(quota.limits.owner)}</dd>
          </div>
        )}
        <div>
          <dt>Plan</dt>
          <dd>{plan ?? <span className="muted">the owner’s plan</span>}</dd>
        </div>
        {level === "operator" && (
          <div>
            <dt>Owner</dt>
            <dd>
              {ownerId === null ? (
                <span className="muted">none</span>
              ) : (
                <Link href={`/owners/${encodeURIComponent(ownerId)}`}>{ownerId}</Link>
              )}
            </dd>
          </div>
        )}
        <div>
          <dt>Scopes</dt>
          <dd>
            {scopes.length === 0 && <span className="muted">none</span>}
            {scopes.map((scope) => (
              <code key={scope} className="chip">
                {scope}
              </code>
            ))}
          </dd>
        </div>
        <div>
          <dt>Allowed addresses</dt>
          <dd>{allowedAddresses?.join(", ") ?? <span className="muted">any</span>}</dd>
        </div>
        <div>
          <dt>Environment</dt>
          <dd>{environment}</dd>
        </div>
        <div>
          <dt>Created</dt>
          <dd>
            {dateTime(createdAt)}
            {lineageId !== id && (
              <>
                {" "}
                by rotation. <Link href={`/keys/${lineageId}`}>First key</Link>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Expires</dt>
          <dd>
            {expiresAt === null ? (
              <span className="muted">never</span>
            ) : (
              `${dateTime(expiresAt)} (${relativeTime(expiresAt)})`
            )}
          </dd>
        </div>
        <div>
          <dt>Last used</dt>
          <dd>
            {lastUsedAt === null ? <span className="muted">never</span> : <Time at={lastUsedAt} />}
            {lastUsedAddress !== null && ` from ${lastUsedAddress}`}
          </dd>
        </div>
        <div>
          <dt>ID</dt>
          <dd>
            <code>{id}</code>
          </dd>
        </div>
      </dl>
      {metadata.length > 0 && (
        <>
          <h3>Metadata</h3>
          <dl className="facts metadata">
            {metadata.map(([name, value]) => (
              <div key={name}>
                <dt>
                  <code>{name}</code>
                </dt>
                <dd>
                  <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
