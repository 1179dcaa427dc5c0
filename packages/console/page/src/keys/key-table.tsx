import { Link } from "wouter";
import type { ApiKey } from "../api/client.ts";
import { useActing } from "../session.ts";
import { Time } from "../ui/time.tsx";
import { noticeOf } from "./notices.tsx";
import { Quota } from "./quota.tsx";
import { Status } from "./status.tsx";

interface KeyTableProps {
  readonly keys: readonly ApiKey[];
  /** Whether these are still the ones that were asked for before. */
  readonly stale: boolean;
}

/** Keys, one a row; a card each where the page is narrow. */
export function KeyTable({ keys, stale }: KeyTableProps) {
  const ofAllOwners = useActing().ownerId === null;
  return (
    <table className={stale ? "keys stale" : "keys"} aria-label="API keys">
      <thead>
        <tr>
          <th scope="col">Name</th>
          {ofAllOwners && <th scope="col">Owner</th>}
          <th scope="col">Status</th>
          <th scope="col">Plan</th>
          <th scope="col">Last used</th>
          <th scope="col">Today</th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <Row key={key.id} apiKey={key} withOwner={ofAllOwners} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ apiKey, withOwner }: { readonly apiKey: ApiKey; readonly withOwner: boolean }) {
  const notice = noticeOf(apiKey);
  return (
    <tr>
      <th scope="row">
        <Link href={`/keys/${apiKey.id}`}>{apiKey.name}</Link>
        <code>{apiKey.masked}</code>
        {notice !== undefined && <span className="hint warn">{notice}</span>}
      </th>
      {withOwner && <td data-label="Owner">{apiKey.ownerId}</td>}
      <td data-label="Status">
        <Status apiKey={apiKey} />
      </td>
      <td data-label="Plan">
        {apiKey.plan}
        {apiKey.ownLimits !== null && <span className="muted"> · own limits</span>}
      </td>
      <td data-label="Last used">
        {apiKey.lastUsedAt === null ? <span className="muted">never</span> : <Time at={apiKey.lastUsedAt} />}
      </td>
      <td data-label="Today">
        <Quota apiKey={apiKey} />
      </td>
    </tr>
  );
}
