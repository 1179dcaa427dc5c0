import { useQuery } from "@tanstack/react-query";
import { api, dataOf, explain } from "../api/client.ts";
import { count, dateTime, plural } from "../ui/format.ts";

/** Verifies the audit log on request, and says up to where it is unchanged. */
export function AuditVerification() {
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["audit-verification"],
    queryFn: () => dataOf(api.GET("/audit/verification")),
    // It reads the whole log.
    enabled: false,
    retry: false,
  });
  const problems = data?.problems ?? [];
  return (
    <div className="verification" role="status">
      {data !== undefined && (
        <p>
          {data.head === null && "There are no events to verify. "}
          {data.head !== null && data.ok && (
            <>
              Verified up to event {count(data.head.sequence)}, {dateTime(data.verifiedAt)}:{" "}
              <strong>no event was edited, removed or inserted.</strong>{" "}
            </>
          )}
          {!data.ok && <strong>{plural(problems.length, "problem")} found. </strong>}
        </p>
      )}
      {error !== null && <p className="error">{explain(error)}</p>}
      <button type="button" disabled={isFetching} onClick={() => void refetch()}>
        {isFetching ? "Verifying…" : data === undefined ? "Verify the log" : "Verify again"}
      </button>
      {problems.length > 0 && (
        <ul className="error">
          {problems.map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
