import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { ApiKey } from "../api/client.ts";
import { useKeys } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { plural } from "../ui/format.ts";
import { usePageTitle } from "../ui/page-title.ts";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { isFiltered, NO_FILTER, useFilter } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { KeyList } from "./key-list.tsx";

const CreateKeyDialog = lazy(async () => ({
  default: (await import("../later.ts")).CreateKeyDialog,
}));

export function KeysPage() {
  const { permissions, messages } = useSessionInfo();
  const title = messages.apiKeys ?? "API keys";
  usePageTitle(title);
  const [filter, setFilter] = useFilter();
  const [isCreating, setCreating] = useState(false);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const query = useKeys(filter);
  const keys = query.data && unique(query.data.pages.flatMap((page) => page.keys));
  const total = query.data?.pages[0]?.total ?? 0;
  const hasFilter = isFiltered(filter);
  const chosen = keys?.filter(({ id }) => selected.has(id)) ?? [];

  return (
    <>
      <div className="title">
        <h1>{title}</h1>
        {permissions.create !== null && (
          <button type="button" className="primary" onClick={() => setCreating(true)}>
            <Plus aria-hidden size={16} />
            Create API key
          </button>
        )}
      </div>
      {messages.introduction !== undefined && <p className="introduction">{messages.introduction}</p>}
      <Filters filter={filter} change={setFilter} />
      {query.isError && keys === undefined && <Failed query={query} />}
      {keys === undefined && !query.isError && <Loading what="keys" />}
      {keys?.length === 0 && !hasFilter && (
        <Empty title="No API keys yet">
          <p>{messages.noKeys ?? "Create a key and send it in the header of your requests."}</p>
        </Empty>
      )}
      {keys?.length === 0 && hasFilter && (
        <Empty title="No keys match these filters">
          <button type="button" onClick={() => setFilter(NO_FILTER)}>
            Clear filters
          </button>
        </Empty>
      )}
      {keys !== undefined && keys.length > 0 && (
        <>
          <p className="count" role="status">
            {plural(total, hasFilter ? "matching key" : "key")}
            {hasFilter && (
              <button type="button" className="quiet" onClick={() => setFilter(NO_FILTER)}>
                Clear filters
              </button>
            )}
          </p>
          {chosen.length > 0 && <BulkBar keys={chosen} onDone={() => setSelected(new Set())} />}
          <KeyList
            keys={keys}
            total={total}
            isStale={query.isPlaceholderData}
            filter={filter}
            change={setFilter}
            selected={selected}
            select={setSelected}
            loadMore={query.hasNextPage && !query.isFetchingNextPage ? query.fetchNextPage : undefined}
          />
          {query.isError && <Failed query={{ error: query.error, refetch: query.fetchNextPage }} />}
        </>
      )}
      {isCreating && (
        <Suspense>
          <CreateKeyDialog ownerId={filter.ownerId} onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  );
}

/** A key can move to a later page while pages are loaded. */
function unique(keys: readonly ApiKey[]): readonly ApiKey[] {
  return [...new Map(keys.map((key) => [key.id, key])).values()];
}
