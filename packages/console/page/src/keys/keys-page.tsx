import { useState } from "react";
import type { ApiKey, CreatedKey } from "../api/client.ts";
import { useKeys } from "../api/queries.ts";
import { count } from "../ui/count.ts";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { useFilter } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { KeyTable } from "./key-table.tsx";
import { NewKeyDialog } from "./new-key-dialog.tsx";
import { ShownOnce } from "./shown-once.tsx";

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
      {keys.isError && <Failed query={keys} />}
      {shown === undefined && !keys.isError && <Loading what="keys" />}
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
