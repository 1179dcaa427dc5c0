import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf, explain } from "./api/client.ts";
import { useSessions } from "./api/queries.ts";
import { usePageTitle } from "./ui/page-title.ts";
import { dateTime } from "./ui/format.ts";
import { Empty, Failed, Loading } from "./ui/states.tsx";
import { Time } from "./ui/time.tsx";
import { useToast } from "./ui/toasts.tsx";

/** Everyone who is signed in with the console's own sign-in. */
export function SessionsPage() {
  usePageTitle("Sessions");
  const query = useSessions();
  const queries = useQueryClient();
  const toast = useToast();
  const end = useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE("/sessions/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      toast("Ended the session");
      await queries.invalidateQueries({ queryKey: ["sessions"] });
    },
    onError: (error) => toast(`The session was not ended. ${explain(error)}`),
  });
  return (
    <>
      <div className="title">
        <h1>Sessions</h1>
      </div>
      {query.isError && <Failed query={query} />}
      {query.isLoading && <Loading what="sessions" />}
      {query.data?.length === 0 && <Empty title="No one is signed in" />}
      {query.data !== undefined && query.data.length > 0 && (
        <div className="scroll" role="region" aria-label="Sessions" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Address</th>
                <th scope="col">Browser</th>
                <th scope="col">Signed in</th>
                <th scope="col">Last seen</th>
                <th scope="col">
                  <span className="visually-hidden">End</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {query.data.map(({ id, actor, address, userAgent, signedInAt, lastSeenAt, isCurrent }) => (
                <tr key={id}>
                  <th scope="row">
                    {actor}
                    {isCurrent && <small>this session</small>}
                  </th>
                  <td className="address">{address ?? <span className="muted">–</span>}</td>
                  <td>
                    <small>{userAgent ?? "unknown"}</small>
                  </td>
                  <td>{dateTime(signedInAt)}</td>
                  <td>
                    <Time at={lastSeenAt} />
                  </td>
                  <td>
                    {!isCurrent && (
                      <button
                        type="button"
                        className="danger"
                        disabled={end.isPending}
                        aria-label={`End the session of ${actor} from ${address ?? "an unknown address"}`}
                        onClick={() => end.mutate(id)}
                      >
                        End
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
