import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { lazy, Suspense, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ApiKey } from "../api/client.ts";
import type { KeyListFilter } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { useMediaQuery } from "../ui/media-query.ts";
import { KeyRow } from "./key-row.tsx";
import type { KeyOperation } from "./key-operations.ts";

const OperationDialog = lazy(async () => ({
  default: (await import("../later.ts")).OperationDialog,
}));

const ROW_HEIGHT = 44;
const NARROW_ROW_HEIGHT = 76;

interface KeyListProps {
  readonly keys: readonly ApiKey[];
  /** The number of keys that the filter matches, loaded or not. */
  readonly total: number;
  readonly isStale: boolean;
  readonly filter: KeyListFilter;
  readonly change: (changes: Partial<KeyListFilter>) => void;
  readonly selected: ReadonlySet<string>;
  readonly select: (ids: ReadonlySet<string>) => void;
  /** `undefined` if there is no more, or while it is loading. */
  readonly loadMore: (() => unknown) | undefined;
}

/** The list of keys. Only the rows in view are in the document. */
export function KeyList({ keys, total, isStale, filter, change, selected, select, loadMore }: KeyListProps) {
  const { level, permissions } = useSessionInfo();
  const frame = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const [open, setOpen] = useState<{ key: ApiKey; operation: KeyOperation }>();
  const isNarrow = useMediaQuery("(max-width: 760px)");
  const height = isNarrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const canSelect = !isNarrow && (permissions.revoke || permissions.pause);

  useLayoutEffect(() => {
    const top = frame.current === null ? 0 : frame.current.getBoundingClientRect().top + scrollY;
    setMargin(top);
  }, []);

  const rows = useWindowVirtualizer({
    count: keys.length,
    estimateSize: () => height,
    overscan: 8,
    scrollMargin: margin,
    getItemKey: (index) => keys[index]?.id ?? index,
  });
  useEffect(() => rows.measure(), [rows, height]);

  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (loadMore !== undefined && last >= keys.length - 20) void loadMore();
  }, [last, keys.length, loadMore]);

  const sort = (order: KeyListFilter["order"]) =>
    ({
      "aria-sort": filter.order === order ? (order === "name" ? "ascending" : "descending") : "none",
    }) as const;
  const columns = ["keys", canSelect && "selectable", level === "operator" && "with-owner"];

  return (
    <div
      className={columns.filter(Boolean).join(" ")}
      role="table"
      aria-label="API keys"
      aria-rowcount={total + 1}
      aria-busy={isStale}
    >
      <div role="rowgroup">
        <div role="row" className="row head">
          {canSelect && (
            <span role="columnheader">
              <input
                type="checkbox"
                aria-label="Select all loaded keys"
                checked={selected.size > 0 && keys.every(({ id }) => selected.has(id))}
                onChange={(event) => select(new Set(event.target.checked ? keys.map(({ id }) => id) : []))}
              />
            </span>
          )}
          <span role="columnheader" {...sort("name")}>
            <SortButton order="name" label="Name" filter={filter} change={change} />
          </span>
          <span role="columnheader">Key</span>
          {level === "operator" && <span role="columnheader">Owner</span>}
          <span role="columnheader">Status</span>
          <span role="columnheader">Quota</span>
          <span role="columnheader">7 days</span>
          <span role="columnheader" {...sort("last-used")}>
            <SortButton order="last-used" label="Last used" filter={filter} change={change} />
          </span>
          <span role="columnheader" {...sort("newest")}>
            <SortButton order="newest" label="Created" filter={filter} change={change} />
          </span>
          <span role="columnheader">
            <span className="visually-hidden">Actions</span>
          </span>
        </div>
      </div>
      <VirtualBody frame={frame} height={rows.getTotalSize()}>
        {items.map(({ index, start }) => {
          const key = keys[index];
          return key === undefined ? null : (
            <KeyRow
              key={key.id}
              apiKey={key}
              rowIndex={index + 2}
              top={start - margin}
              isSelected={selected.has(key.id)}
              onSelect={canSelect ? (isSelected) => select(toggled(selected, key.id, isSelected)) : undefined}
              onOperation={(operation) => setOpen({ key, operation })}
            />
          );
        })}
      </VirtualBody>
      {open !== undefined && (
        <Suspense>
          <OperationDialog apiKey={open.key} operation={open.operation} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </div>
  );
}

interface VirtualBodyProps {
  readonly frame: React.RefObject<HTMLDivElement | null>;
  readonly height: number;
  readonly children: React.ReactNode;
}

function VirtualBody({ frame, height, children }: VirtualBodyProps) {
  return (
    <div role="rowgroup" className="rows" ref={frame} style={{ height }}>
      {children}
    </div>
  );
}

interface SortButtonProps {
  readonly order: KeyListFilter["order"];
  readonly label: string;
  readonly filter: KeyListFilter;
  readonly change: (changes: Partial<KeyListFilter>) => void;
}

function SortButton({ order, label, filter, change }: SortButtonProps) {
  const Arrow = order === "name" ? ArrowUp : ArrowDown;
  return (
    <button type="button" className="sort" onClick={() => change({ order })}>
      {label}
      {filter.order === order && <Arrow aria-hidden size={14} />}
    </button>
  );
}

function toggled(ids: ReadonlySet<string>, id: string, isSelected: boolean): ReadonlySet<string> {
  const next = new Set(ids);
  if (isSelected) next.add(id);
  else next.delete(id);
  return next;
}
