import { useSearchParams } from "wouter";
import type { AuditEvent } from "../api/client.ts";
import { DebouncedInput } from "../keys/filters.tsx";
import { useSessionInfo } from "../session.ts";
import { download, toCsv } from "../ui/export.ts";
import { usePageTitle } from "../ui/page-title.ts";
import { AuditList } from "./audit-list.tsx";
import { changesOf } from "./audit-text.ts";

export function AuditPage() {
  usePageTitle("Audit log");
  const { level } = useSessionInfo();
  const [parameters, setParameters] = useSearchParams();
  const keyId = parameters.get("keyId") ?? "";
  const ownerId = parameters.get("ownerId") ?? "";

  function change(name: string, value: string) {
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  }

  return (
    <>
      <div className="title">
        <h1>Audit log</h1>
      </div>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <DebouncedInput
          label="Key ID"
          placeholder="Key ID"
          value={keyId}
          onChange={(value) => change("keyId", value)}
        />
        {level === "operator" && (
          <DebouncedInput
            label="Owner"
            placeholder="Owner"
            value={ownerId}
            onChange={(value) => change("ownerId", value)}
          />
        )}
      </form>
      <AuditList filter={{ ...(keyId !== "" && { keyId }), ...(ownerId !== "" && { ownerId }) }}>
        {(events) => (
          <div className="actions start">
            <button type="button" onClick={() => download("audit.csv", "text/csv", csvOf(events))}>
              Export CSV
            </button>
            <button
              type="button"
              onClick={() => download("audit.jsonl", "application/jsonl", linesOf(events))}
            >
              Export JSON Lines
            </button>
            <span className="hint">Exports contain the events that are loaded.</span>
          </div>
        )}
      </AuditList>
    </>
  );
}

function linesOf(events: readonly AuditEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

function csvOf(events: readonly AuditEvent[]): string {
  return toCsv([
    ["id", "time", "action", "key", "owner", "actor", "level", "address", "changes"],
    ...events.map((event) => [
      event.id,
      event.at,
      event.action,
      event.keyId,
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
