import { useMutation } from "@tanstack/react-query";
import { api, dataOf, explain, type AuditEvent, type AuditPage } from "../api/client.ts";
import type { AuditListFilter } from "../api/queries.ts";
import { download, toCsv } from "../ui/export.ts";
import { count } from "../ui/format.ts";
import { useToast } from "../ui/toasts.tsx";
import { changesOf } from "./audit-text.ts";

const PAGE_SIZE = 1000;
const MAX_EVENTS = 20_000;

const FORMATS = [
  { label: "Export CSV", fileName: "audit.csv", type: "text/csv", write: csvOf },
  { label: "Export JSON Lines", fileName: "audit.jsonl", type: "application/jsonl", write: linesOf },
] as const;

/** Saves all events that match a filter, not only those that are shown. */
export function AuditExport({ filter }: { readonly filter: AuditListFilter }) {
  const toast = useToast();
  const save = useMutation({
    gcTime: 0,
    async mutationFn({ fileName, type, write }: (typeof FORMATS)[number]) {
      const events = await readEvents(filter);
      download(fileName, type, write(events));
      return events.length;
    },
    onSuccess: (events) =>
      toast(
        events < MAX_EVENTS
          ? `Exported ${count(events)} events`
          : `Exported the newest ${count(events)} events. Filter by date to export older ones.`,
      ),
    onError: (error) => toast(`Nothing was exported. ${explain(error)}`),
  });
  return FORMATS.map((format) => (
    <button key={format.label} type="button" disabled={save.isPending} onClick={() => save.mutate(format)}>
      {format.label}
    </button>
  ));
}

async function readEvents(filter: AuditListFilter): Promise<readonly AuditEvent[]> {
  const all: AuditEvent[] = [];
  let cursor: string | null = null;
  do {
    const query: AuditListFilter = { ...filter, limit: PAGE_SIZE, ...(cursor !== null && { cursor }) };
    const page: AuditPage = await dataOf(api.GET("/audit", { params: { query } }));
    all.push(...page.events);
    cursor = page.nextCursor;
  } while (cursor !== null && all.length < MAX_EVENTS);
  return all;
}

function linesOf(events: readonly AuditEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

function csvOf(events: readonly AuditEvent[]): string {
  return toCsv([
    ["id", "time", "action", "key", "key name", "owner", "actor", "level", "address", "changes"],
    ...events.map((event) => [
      event.id,
      event.at,
      event.action,
      event.keyId,
      event.keyName,
      event.ownerId,
      event.actor,
      event.level,
      event.address,
      changesOf(event)
        .map(({ field, before, after }) => `${field}: ${before} → ${after}`)
        .join("; "),
    ]),
  ]);
}
