import { queryOptions, useInfiniteQuery, useQuery, type QueryClient } from "@tanstack/react-query";
import type { paths } from "../../generated/admin-api.ts";
import { mayBeKey, wholeKeyIn } from "../keys/whole-key.ts";
import { useSessionInfo } from "../session.ts";
import { setLocale } from "../ui/format.ts";
import {
  api,
  dataOf,
  isProblem,
  type ApiKey,
  type KeyPage,
  type SearchApiKeys,
  type UsageRow,
} from "./client.ts";

const REFRESH_MS = 30_000;

export interface KeyListFilter {
  readonly search: string;
  readonly status: "" | ApiKey["status"];
  readonly attention: "" | "expiring" | "unused" | "overdue" | "near-quota";
  readonly environment: string;
  readonly scope: string;
  readonly plan: string;
  readonly ownerId: string;
  readonly order: "newest" | "name" | "last-used";
}

const DAY_MS = 86_400_000;
/** Keys that expire within this time expire soon, and keys without a use in it are unused, as in the overview. */
const SOON_MS = 30 * DAY_MS;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async () => {
    const session = await dataOf(api.GET("/session"));
    setLocale(session.locale);
    return session;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export function useSession() {
  return useQuery(sessionQuery);
}

export function useOverview() {
  return useQuery({
    queryKey: ["overview"],
    queryFn: () => dataOf(api.GET("/overview")),
    refetchInterval: REFRESH_MS,
  });
}

export function useKeys(filter: KeyListFilter) {
  const { keyPolicy } = useSessionInfo();
  const isPrivate = mayBeKey(filter.search);
  return useInfiniteQuery({
    queryKey: ["keys", filter],
    queryFn: ({ pageParam }) => {
      const query = queryOf(filter, pageParam, keyPolicy.rotateAfterDays);
      return isPrivate ? findPrivately(filter.search, query) : listKeys(query);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    // The previous result stays until the new one has arrived.
    placeholderData: (previous) => previous,
    // A list of several pages would be loaded page by page.
    refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? REFRESH_MS : false),
    // A whole key is not kept once it is not shown any more.
    ...(isPrivate && { gcTime: 0 }),
  });
}

/** The query of a page of keys. */
function queryOf(
  { attention, order, ...filter }: KeyListFilter,
  cursor: string | null,
  rotateAfterDays: number | undefined,
): SearchApiKeys {
  const set = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ""));
  return {
    ...set,
    ...attentionQuery(attention, rotateAfterDays),
    order,
    limit: 100,
    usage: "days",
    ...(cursor !== null && { cursor }),
  };
}

function attentionQuery(
  attention: KeyListFilter["attention"],
  rotateAfterDays: number | undefined,
): SearchApiKeys {
  const at = (ms: number) => new Date(Math.floor((Date.now() + ms) / DAY_MS) * DAY_MS).toISOString();
  switch (attention) {
    case "expiring":
      return { status: "active", isRotated: "no", expiresBefore: at(SOON_MS + DAY_MS) };
    case "unused":
      return { status: "active", isRotated: "no", unusedSince: at(DAY_MS - SOON_MS) };
    case "overdue":
      return rotateAfterDays === undefined
        ? {}
        : { status: "active", isRotated: "no", createdBefore: at(DAY_MS - rotateAfterDays * DAY_MS) };
    case "near-quota":
      return { near: "quota" };
    default:
      return {};
  }
}

function listKeys(query: SearchApiKeys): Promise<KeyPage> {
  return dataOf(api.GET("/api-keys", { params: { query } }));
}

/** Finds the record of a whole key. For other text, searches without putting it into the address of the request. */
async function findPrivately(search: string, query: SearchApiKeys): Promise<KeyPage> {
  try {
    const key = await dataOf(api.POST("/api-keys/identify", { body: { key: wholeKeyIn(search) } }));
    return { keys: [key], nextCursor: null, total: 1 };
  } catch (error) {
    if (!isProblem(error) || error.code !== "key-not-found") throw error;
    return dataOf(api.POST("/api-keys/search", { body: query }));
  }
}

export function useKey(id: string) {
  return useQuery({
    queryKey: ["key", id],
    queryFn: () => dataOf(api.GET("/api-keys/{id}", { params: { path: { id } } })),
    refetchInterval: REFRESH_MS,
  });
}

/** The networks that a key was used from in the last 30 days. */
export function useNetworks(id: string) {
  return useQuery({
    queryKey: ["networks", id],
    queryFn: () => dataOf(api.GET("/api-keys/{id}/networks", { params: { path: { id } } })),
  });
}

export function useOwners(search: string) {
  return useInfiniteQuery({
    queryKey: ["owners", search],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET("/owners", {
          params: {
            query: {
              limit: 50,
              ...(search !== "" && { search }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: (previous) => previous,
  });
}

export function useOwner(ownerId: string, isEnabled = true) {
  return useQuery({
    queryKey: ["owner", ownerId],
    queryFn: () => dataOf(api.GET("/owners/{ownerId}", { params: { path: { ownerId } } })),
    enabled: isEnabled,
  });
}

export function useSessions() {
  return useQuery({
    queryKey: ["sessions"],
    queryFn: async () => (await dataOf(api.GET("/sessions"))).sessions,
  });
}

export type UsageOwner = { readonly keyId: string } | { readonly ownerId: string };

export interface UsagePeriod {
  readonly from: string;
  readonly to: string;
  readonly per: "minute" | "hour" | "day";
}

export function useUsage(subject: UsageOwner, period: UsagePeriod) {
  return useQuery({
    queryKey: ["usage", subject, period] as const,
    queryFn: () => readUsage(subject, period),
  });
}

/** The usage of a period by tag. Tags are summed over its slots. */
export function useTags(subject: UsageOwner, period: UsagePeriod, isEnabled: boolean) {
  return useQuery({
    queryKey: ["usage", subject, period, "tag"] as const,
    queryFn: () => readUsage(subject, { ...period, by: "tag" }),
    enabled: isEnabled,
  });
}

async function readUsage(
  subject: UsageOwner,
  query: UsagePeriod & { readonly by?: string },
): Promise<readonly UsageRow[]> {
  const params = { query };
  const { rows } =
    "keyId" in subject
      ? await dataOf(api.GET("/api-keys/{id}/usage", { params: { ...params, path: { id: subject.keyId } } }))
      : await dataOf(api.GET("/owners/{ownerId}/usage", { params: { ...params, path: subject } }));
  return rows;
}

/** The filter of a list of audit events, as the API takes it. */
export type AuditListFilter = NonNullable<paths["/audit"]["get"]["parameters"]["query"]>;

export function useAudit(filter: AuditListFilter) {
  return useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET("/audit", {
          params: { query: { limit: 50, ...filter, ...(pageParam !== null && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** Loads again what is shown of keys and owners, after a change. */
export function refreshAll(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({ predicate: ({ queryKey: [name] }) => name !== "session" });
}
