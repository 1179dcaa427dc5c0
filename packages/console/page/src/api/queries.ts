import {
  queryOptions,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
  type QueryClient,
} from "@tanstack/react-query";
import { api, dataOf, isProblem, type ApiKey } from "./client.ts";

/** What a list of keys is narrowed down by. */
export interface KeyFilter {
  readonly search: string;
  readonly status: "" | ApiKey["status"];
  readonly plan: string;
  readonly order: "newest" | "name" | "last-used";
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => dataOf(api.GET("/session")),
  staleTime: Number.POSITIVE_INFINITY,
});

export function useSession() {
  return useQuery(sessionQuery);
}

export function useKeys({ search, status, plan, order }: KeyFilter) {
  return useInfiniteQuery({
    queryKey: ["keys", { search, status, plan, order }],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET("/api-keys", {
          params: {
            query: {
              order,
              ...(search !== "" && { search }),
              ...(status !== "" && { status }),
              ...(plan !== "" && { plan }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    // What is shown stays until what was typed has been found.
    placeholderData: (previous) => previous,
    refetchInterval: 30_000,
  });
}

export function useKey(id: string) {
  return useQuery({
    queryKey: ["key", id],
    queryFn: () => dataOf(api.GET("/api-keys/{id}", { params: { path: { id } } })),
    refetchInterval: 15_000,
  });
}

export function useUsage(
  id: string,
  period: { readonly from: Date; readonly to: Date; readonly per: "hour" | "day" },
) {
  const query = { from: period.from.toISOString(), to: period.to.toISOString(), per: period.per };
  return useQuery({
    queryKey: ["usage", id, query] as const,
    queryFn: async () => {
      const { rows } = await dataOf(api.GET("/api-keys/{id}/usage", { params: { path: { id }, query } }));
      return rows;
    },
    // Hours must not be shown as days.
    placeholderData: (previous, from) => (from?.queryKey[2].per === period.per ? previous : undefined),
    refetchInterval: 15_000,
  });
}

export function useAudit(keyId: string | undefined) {
  return useInfiniteQuery({
    queryKey: ["audit", keyId ?? "all"],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET("/audit", {
          params: {
            query: {
              limit: 25,
              ...(keyId !== undefined && { keyId }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** After an act: what is shown of keys is asked for again. */
export function refreshKeys(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ predicate: ({ queryKey: [name] }) => name !== "session" });
}

/**
 * What to do when an act failed: a session that has ended shows the sign-in, and everything else is the caller's.
 */
export function useActFailed() {
  const queries = useQueryClient();
  return (error: unknown) => {
    if (isProblem(error) && error.code === "sign-in-required") void queries.resetQueries(sessionQuery);
  };
}
