import { Link, useSearchParams } from "wouter";
import { useOwners } from "../api/queries.ts";
import { DebouncedInput } from "../keys/filters.tsx";
import { limitsText } from "../limits/limits-text.ts";
import { usePageTitle } from "../ui/page-title.ts";
import { Empty, Failed, Loading } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { OwnerStatus } from "./owner-status.tsx";

export function OwnersPage() {
  usePageTitle("Owners");
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get("search") ?? "";
  const query = useOwners(search);
  const owners = query.data?.pages.flatMap((page) => page.owners);
  return (
    <>
      <div className="title">
        <h1>Owners</h1>
      </div>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <DebouncedInput
          label="Search owners"
          placeholder="ID or name"
          value={search}
          onChange={(text) => setParameters(text === "" ? {} : { search: text }, { replace: true })}
        />
      </form>
      {query.isError && owners === undefined && <Failed query={query} />}
      {owners === undefined && !query.isError && <Loading what="owners" />}
      {owners?.length === 0 && (
        <Empty title={search === "" ? "No owners yet" : "No owners match this search"}>
          {search === "" && <p>An owner exists once a key names it.</p>}
        </Empty>
      )}
      {owners !== undefined && owners.length > 0 && (
        <div className="scroll" role="region" aria-label="Owners" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">ID</th>
                <th scope="col">Name</th>
                <th scope="col">Plan</th>
                <th scope="col">Custom limits</th>
                <th scope="col">Status</th>
                <th scope="col">Created</th>
              </tr>
            </thead>
            <tbody>
              {owners.map((owner) => (
                <tr key={owner.id}>
                  <th scope="row">
                    <Link href={`/owners/${encodeURIComponent(owner.id)}`}>{owner.id}</Link>
                  </th>
                  <td>{owner.name ?? <span className="muted">–</span>}</td>
                  <td>{owner.plan ?? "default"}</td>
                  <td>
                    {owner.ownLimits === null ? (
                      <span className="muted">–</span>
                    ) : (
                      limitsText(owner.ownLimits)
                    )}
                  </td>
                  <td>
                    <OwnerStatus owner={owner} />
                  </td>
                  <td>
                    <Time at={owner.createdAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {query.isError && owners !== undefined && (
        <Failed query={{ error: query.error, refetch: query.fetchNextPage }} />
      )}
      {query.hasNextPage && !query.isError && (
        <button
          type="button"
          className="more"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Load more
        </button>
      )}
    </>
  );
}
