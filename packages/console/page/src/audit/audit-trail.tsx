import { Link } from "wouter";
import type { AuditEntry } from "../api/client.ts";
import { useAudit } from "../api/queries.ts";
import { date, Time } from "../ui/time.tsx";
import { Empty, Failed, Loading } from "../ui/states.tsx";

/** The acts on one key, or on all. */
export function AuditTrail({ keyId }: { readonly keyId?: string }) {
  const audit = useAudit(keyId);
  if (audit.data === undefined) {
    return audit.isError ? <Failed query={audit} /> : <Loading what="the audit trail" />;
  }
  const entries = audit.data.pages.flatMap((page) => page.entries);
  if (entries.length === 0) {
    return (
      <Empty title="Nothing yet">
        <p>Acts appear here as they are done.</p>
      </Empty>
    );
  }
  return (
    <>
      <table className="audit" aria-label="Audit trail">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            {keyId === undefined && <th scope="col">Key</th>}
            <th scope="col">Who</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td data-label="When">
                <Time at={entry.at} />
                <span className="hint">{date(entry.at)}</span>
              </td>
              <td data-label="What">
                {ACTIONS[entry.action] ?? entry.action}
                <Details entry={entry} />
              </td>
              {keyId === undefined && (
                <td data-label="Key">
                  <Link href={`/keys/${entry.keyId}`}>
                    <code>{entry.keyId}</code>
                  </Link>
                </td>
              )}
              <td data-label="Who">{entry.actor}</td>
              <td data-label="From">{entry.address ?? <span className="muted">–</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {audit.isError && <Failed query={audit} />}
      {audit.hasNextPage && (
        <p className="more">
          <button
            type="button"
            disabled={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            Show more
          </button>
        </p>
      )}
    </>
  );
}

const ACTIONS: Readonly<Record<string, string>> = {
  "key.created": "Created",
  "key.imported": "Imported",
  "key.updated": "Changed",
  "key.revoked": "Deleted",
  "key.regenerated": "Regenerated",
  "key.rotated": "Rotated",
};

function Details({ entry: { details } }: { readonly entry: AuditEntry }) {
  const { changed, name, successor, replaces } = details;
  if (Array.isArray(changed)) return <span className="hint">{changed.join(", ")}</span>;
  if (typeof successor === "string") {
    return (
      <span className="hint">
        <Link href={`/keys/${successor}`}>its successor</Link>
      </span>
    );
  }
  if (typeof replaces === "string") {
    return (
      <span className="hint">
        in place of <Link href={`/keys/${replaces}`}>another</Link>
      </span>
    );
  }
  return typeof name === "string" ? <span className="hint">as {name}</span> : null;
}
