import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import type { ApiKey, CreatedKey } from "../api/client.ts";
import { useKeys, type KeyFilter } from "../api/queries.ts";
import { useActing } from "../session.ts";
import { count } from "../ui/count.ts";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { KeyTable } from "./key-table.tsx";
import { NewKeyDialog } from "./new-key-dialog.tsx";
import { ShownOnce } from "./shown-once.tsx";

const TYPING_MS = 250;

/** Admin > Settings > API Keys. */
export function KeysPage() {
  const [filter, setFilter] = useFilter();
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedKey>();
  const keys = useKeys(filter);
  const all = keys.data?.pages.flatMap((page) => page.keys);
  const shown = all === undefined ? undefined : unique(all);
  const narrowed = filter.search !== "" || filter.status !== "" || filter.plan !== "";

  return (
    <>
      <div className="title">
        <h1>API Keys</h1>
        <button type="button" className="primary" onClick={() => setCreating(true)}>
          Create New API Key
        </button>
      </div>
      <p className="lead">
        A key is shown once, when it is made. Lost ones cannot be shown again: delete them and create new
        ones.
      </p>
      <Filters filter={filter} change={setFilter} />
      {shown === undefined &&
        (keys.isError ? (
          <Failed error={keys.error} retry={() => void keys.refetch()} />
        ) : (
          <Loading what="keys" />
        ))}
      {shown !== undefined && keys.isError && <Failed error={keys.error} retry={() => void keys.refetch()} />}
      {shown?.length === 0 && !narrowed && (
        <Empty title="No API keys yet">
          <p>Create one, copy it, and send it as a request header.</p>
        </Empty>
      )}
      {shown?.length === 0 && narrowed && (
        <Empty title="No key is like that">
          <button type="button" onClick={() => setFilter({ search: "", status: "", plan: "" })}>
            Show all keys
          </button>
        </Empty>
      )}
      {shown !== undefined && shown.length > 0 && (
        <>
          <KeyTable keys={shown} stale={keys.isPlaceholderData} />
          <p className="more" role="status">
            {count(shown.length)} {shown.length === 1 ? "key" : "keys"} shown
            {keys.hasNextPage ? "" : narrowed ? ", all that fit" : ", all there are"}.
          </p>
          {keys.hasNextPage && (
            <p className="more">
              <button
                type="button"
                disabled={keys.isFetchingNextPage}
                onClick={() => void keys.fetchNextPage()}
              >
                {keys.isFetchingNextPage ? "Loading …" : "Show more"}
              </button>
            </p>
          )}
        </>
      )}
      {creating && (
        <NewKeyDialog
          onClose={() => setCreating(false)}
          onCreated={(made) => {
            setCreating(false);
            setCreated(made);
          }}
        />
      )}
      {created !== undefined && <ShownOnce created={created} onClose={() => setCreated(undefined)} />}
    </>
  );
}

/** A key can move to a later page while pages are loaded. */
function unique(keys: readonly ApiKey[]): readonly ApiKey[] {
  return [...new Map(keys.map((key) => [key.id, key])).values()];
}

/** What the list is narrowed down by stands in the address, so that it can be gone back to and passed on. */
function useFilter() {
  const [parameters, setParameters] = useSearchParams();
  const filter: KeyFilter = {
    search: parameters.get("search") ?? "",
    status: oneOf(["active", "expired", "revoked"], parameters.get("status")) ?? "",
    plan: parameters.get("plan") ?? "",
    order: oneOf(["newest", "name", "last-used"], parameters.get("order")) ?? "newest",
  };
  const change = (changes: Partial<KeyFilter>) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === "" || value === "newest") next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  return [filter, change] as const;
}

function oneOf<T extends string>(choices: readonly T[], value: string | null): T | undefined {
  return choices.find((choice) => choice === value);
}

interface FiltersProps {
  readonly filter: KeyFilter;
  readonly change: (changes: Partial<KeyFilter>) => void;
}

function Filters({ filter, change }: FiltersProps) {
  const { plans } = useActing();
  const [typed, setTyped] = useState(filter.search);

  // Asked for when somebody stops typing.
  useEffect(() => {
    const timer = setTimeout(
      () => typed.trim() !== filter.search && change({ search: typed.trim() }),
      TYPING_MS,
    );
    return () => clearTimeout(timer);
    // The filter changes with what was typed, not the other way round.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [typed]);

  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label className="field grow">
        <span>Search</span>
        <input
          type="search"
          value={typed}
          placeholder="Name, owner, or end of the key"
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Status</span>
        <select
          value={filter.status}
          onChange={(event) => change({ status: event.target.value as KeyFilter["status"] })}
        >
          <option value="">All</option>
          <option value="active">Active</option>
          <option value="expired">Expired</option>
          <option value="revoked">Revoked</option>
        </select>
      </label>
      {plans.length > 1 && (
        <label className="field">
          <span>Plan</span>
          <select value={filter.plan} onChange={(event) => change({ plan: event.target.value })}>
            <option value="">All</option>
            {plans.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <label className="field">
        <span>Sort by</span>
        <select
          value={filter.order}
          onChange={(event) => change({ order: event.target.value as KeyFilter["order"] })}
        >
          <option value="newest">Newest</option>
          <option value="name">Name</option>
          <option value="last-used">Last used</option>
        </select>
      </label>
    </form>
  );
}
