import type { ApiKey } from "../api/client.ts";
import { date, Time } from "../ui/time.tsx";

/** What there is to know of a key. */
export function KeyFacts({ apiKey }: { readonly apiKey: ApiKey }) {
  const metadata = Object.entries(apiKey.metadata);
  return (
    <dl className="facts">
      <div>
        <dt>Id</dt>
        <dd>
          <code>{apiKey.id}</code>
        </dd>
      </div>
      <div>
        <dt>Owner</dt>
        <dd>{apiKey.ownerId}</dd>
      </div>
      <div>
        <dt>Environment</dt>
        <dd>{apiKey.environment}</dd>
      </div>
      <div>
        <dt>Plan</dt>
        <dd>{apiKey.plan}</dd>
      </div>
      <div>
        <dt>Scopes</dt>
        <dd>
          {apiKey.scopes.length === 0 && <span className="muted">none</span>}
          {apiKey.scopes.map((scope) => (
            <code key={scope} className="chip">
              {scope}
            </code>
          ))}
        </dd>
      </div>
      <div>
        <dt>Created</dt>
        <dd>{date(apiKey.createdAt)}</dd>
      </div>
      <div>
        <dt>Expires</dt>
        <dd>{apiKey.expiresAt === null ? <span className="muted">never</span> : date(apiKey.expiresAt)}</dd>
      </div>
      <div>
        <dt>Last used</dt>
        <dd>
          {apiKey.lastUsedAt === null ? (
            <span className="muted">never</span>
          ) : (
            <Time at={apiKey.lastUsedAt} />
          )}
          {apiKey.lastUsedAddress !== null && <span className="muted"> from {apiKey.lastUsedAddress}</span>}
        </dd>
      </div>
      {metadata.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}
