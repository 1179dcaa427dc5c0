import { Link } from "wouter";
import type { AuditEvent } from "../api/client.ts";
import { useAudit, type AuditListFilter } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { dateTime } from "../ui/format.ts";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { actionText, changesOf, isCreation, withoutSuccessors } from "./audit-text.ts";

interface AuditListProps {
  readonly filter: AuditListFilter;
}

/** Audit events, newest first. */
export function AuditList({ filter }: AuditListProps) {
  const { level } = useSessionInfo();
  const query = useAudit(filter);
  if (query.data === undefined) {
    return query.isError ? <Failed query={query} /> : <Loading what="the audit log" />;
  }
  const events = query.data.pages.flatMap((page) => page.events);
  const isOneKey = filter.keyId !== undefined;
  const rows = isOneKey || filter.action !== undefined ? events : withoutSuccessors(events);
  if (rows.length === 0 && !query.hasNextPage) {
    return (
      <Empty
        title={
          Object.keys(filter).length === 0 ? "No audit events yet" : "No audit events match these filters"
        }
      />
    );
  }
  return (
    <>
      <div className="scroll" role="region" aria-label="Audit events" tabIndex={0}>
        <table className="audit">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Action</th>
              {!isOneKey && <th scope="col">Subject</th>}
              <th scope="col">Actor</th>
              <th scope="col">Address</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((event) => (
              <tr key={event.id}>
                <td>
                  <Time at={event.at} />
                  <small>{dateTime(event.at)}</small>
                </td>
                <td>
                  {actionText(event)}
                  <Changes event={event} />
                </td>
                {!isOneKey && (
                  <td>
                    <Subject event={event} />
                  </td>
                )}
                <td>
                  {event.actor}
                  {level === "operator" && event.level === "owner" && <small>customer</small>}
                </td>
                <td className="address">{event.address ?? <span className="muted">–</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {query.isError && <Failed query={{ error: query.error, refetch: query.fetchNextPage }} />}
      {query.hasNextPage && !query.isError && (
        <button
          type="button"
          className="more"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {query.isFetchingNextPage ? "Loading…" : "Load more"}
        </button>
      )}
    </>
  );
}

function Subject({ event: { keyId, keyName, ownerId } }: { readonly event: AuditEvent }) {
  const { level } = useSessionInfo();
  return (
    <>
      {keyId !== null && (
        <Link href={`/keys/${keyId}`} title={keyId}>
          {keyName ?? keyId}
        </Link>
      )}
      {ownerId !== null && level === "operator" && (
        <small>
          <Link href={`/owners/${encodeURIComponent(ownerId)}`}>{ownerId}</Link>
        </small>
      )}
    </>
  );
}

function Changes({ event }: { readonly event: AuditEvent }) {
  const { successor, replaces, overlapMs } = event.details;
  const other = typeof successor === "string" ? successor : replaces;
  const hasBefore = !isCreation(event);
  return (
    <>
      {changesOf(event).map(({ field, before, after }) => (
        <small key={field}>
          {field}:{" "}
          {hasBefore && (
            <>
              <del>{before}</del> →{" "}
            </>
          )}
          <ins>{after}</ins>
        </small>
      ))}
      {typeof other === "string" && (
        <small>
          <Link href={`/keys/${other}`}>{successor === undefined ? "Replaces another key" : "New key"}</Link>
          {overlapMs === 0 && ", without an overlap"}
        </small>
      )}
    </>
  );
}
