import { Link, useLocation } from "wouter";
import type { ApiKey } from "../api/client.ts";
import { tightestQuota } from "../limits/limits-text.ts";
import { useSessionInfo } from "../session.ts";
import { count, dateTime, relativeTime, shortMask } from "../ui/format.ts";
import { ActionMenu, type MenuItem } from "../ui/action-menu.tsx";
import { MeterBar } from "../ui/meter.tsx";
import { operationsOn, type KeyOperation } from "./key-operations.ts";
import { KeyStatus, statusNote } from "./key-status.tsx";
import { Sparkline } from "./sparkline.tsx";

const LABELS: Readonly<Record<KeyOperation, string>> = {
  edit: "Edit…",
  renew: "Renew…",
  rotate: "Rotate…",
  pause: "Pause…",
  resume: "Resume…",
  reset: "Reset limits…",
  revoke: "Revoke…",
};

/** The menu entries for the operations that are possible. */
export function menuFor(
  operations: ReadonlySet<KeyOperation>,
  onOperation: (operation: KeyOperation) => void,
): readonly (MenuItem & { readonly operation: KeyOperation })[] {
  return (Object.keys(LABELS) as KeyOperation[])
    .filter((operation) => operations.has(operation))
    .map((operation) => ({
      operation,
      label: LABELS[operation],
      danger: operation === "revoke",
      onSelect: () => onOperation(operation),
    }));
}

interface KeyRowProps {
  readonly apiKey: ApiKey;
  readonly rowIndex: number;
  readonly top: number;
  readonly isSelected: boolean;
  readonly onSelect: ((isSelected: boolean) => void) | undefined;
  readonly onOperation: (operation: KeyOperation) => void;
}

export function KeyRow({ apiKey, rowIndex, top, isSelected, onSelect, onOperation }: KeyRowProps) {
  const session = useSessionInfo();
  const [, navigate] = useLocation();
  const { id, name, masked, ownerId, lastUsedAt, createdAt } = apiKey;
  const note = statusNote(apiKey, session.keyPolicy.rotateAfterDays);
  const quota = tightestQuota(apiKey);
  const items = [
    { label: "Open", onSelect: () => navigate(`/keys/${id}`, { state: { fromList: true } }) },
    ...menuFor(operationsOn(apiKey, session), onOperation),
  ];
  return (
    <div role="row" className="row" aria-rowindex={rowIndex} style={{ transform: `translateY(${top}px)` }}>
      {onSelect !== undefined && (
        <span role="cell">
          <input
            type="checkbox"
            aria-label={`Select ${name}`}
            checked={isSelected}
            onChange={(event) => onSelect(event.target.checked)}
          />
        </span>
      )}
      <span role="cell" className="name">
        <Link href={`/keys/${id}`} state={{ fromList: true }}>
          {name}
        </Link>
      </span>
      <span role="cell" className="mask">
        <code title={masked}>{shortMask(masked)}</code>
      </span>
      {session.level === "operator" && (
        <span role="cell" className="owner">
          {ownerId === null ? (
            <span className="muted">–</span>
          ) : (
            <Link href={`/owners/${encodeURIComponent(ownerId)}`}>{ownerId}</Link>
          )}
        </span>
      )}
      <span role="cell" className="status">
        <KeyStatus apiKey={apiKey} />
        {note !== undefined && <small title={note}>{note}</small>}
      </span>
      <span role="cell" className="quota">
        {quota !== undefined && (
          <>
            <MeterBar label={`${quota.label} quota`} value={quota.used} max={quota.limit} />
            <small>
              {count(quota.used)} / {count(quota.limit)}
            </small>
          </>
        )}
      </span>
      <span role="cell" className="week">
        {apiKey.lastDays !== undefined && <Sparkline days={apiKey.lastDays} />}
      </span>
      <span role="cell" className="used">
        {lastUsedAt === null ? (
          <span className="muted">never</span>
        ) : (
          <time dateTime={lastUsedAt} title={dateTime(lastUsedAt)}>
            {relativeTime(lastUsedAt)}
          </time>
        )}
      </span>
      <span role="cell" className="created">
        <time dateTime={createdAt} title={dateTime(createdAt)}>
          {relativeTime(createdAt)}
        </time>
      </span>
      <span role="cell" className="actions-cell">
        <ActionMenu label={`Actions for ${name}`} items={items} />
      </span>
    </div>
  );
}
