import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, explain, type ApiKey } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { download, toCsv } from "../ui/export.ts";
import { plural } from "../ui/format.ts";
import { useToast } from "../ui/toasts.tsx";
import { operationsOn } from "./key-operations.ts";
import { statusLabel } from "./key-status.tsx";

interface BulkBarProps {
  readonly keys: readonly ApiKey[];
  readonly onDone: () => void;
}

/** Operations on all selected keys. */
export function BulkBar({ keys, onDone }: BulkBarProps) {
  const session = useSessionInfo();
  const queries = useQueryClient();
  const toast = useToast();
  const [operation, setOperation] = useState<"pause" | "revoke">();
  const pausable = keys.filter((key) => operationsOn(key, session).has("pause"));
  const revocable = keys.filter((key) => operationsOn(key, session).has("revoke"));
  const targets = operation === "pause" ? pausable : revocable;

  /** One request per key: each is a change of its own with an audit event. */
  async function perform() {
    const done: string[] = [];
    try {
      for (const { id } of targets) {
        const params = { path: { id } };
        await (operation === "pause"
          ? dataOf(api.POST("/api-keys/{id}/pause", { params, body: {} }))
          : dataOf(api.DELETE("/api-keys/{id}", { params })));
        done.push(id);
      }
    } catch (error) {
      throw new Error(`${plural(done.length, "key")} of ${targets.length} done. ${explain(error)}`, {
        cause: error,
      });
    } finally {
      await refreshAll(queries);
    }
    toast(`${operation === "pause" ? "Paused" : "Revoked"} ${plural(targets.length, "key")}`);
    onDone();
  }

  return (
    <div className="bulk" role="region" aria-label="Selected keys">
      <strong>{plural(keys.length, "key")} selected</strong>
      {pausable.length > 0 && (
        <button type="button" onClick={() => setOperation("pause")}>
          Pause
        </button>
      )}
      {revocable.length > 0 && (
        <button type="button" className="danger" onClick={() => setOperation("revoke")}>
          Revoke
        </button>
      )}
      <button type="button" onClick={() => download("api-keys.csv", "text/csv", csvOf(keys))}>
        Export CSV
      </button>
      <button type="button" className="quiet" onClick={onDone}>
        Clear selection
      </button>
      {operation !== undefined && (
        <ConfirmDialog
          title={`${operation === "pause" ? "Pause" : "Revoke"} ${plural(targets.length, "key")}?`}
          action={operation === "pause" ? "Pause keys" : "Revoke keys"}
          danger={operation === "revoke"}
          confirmText={operation === "revoke" ? `revoke ${targets.length}` : undefined}
          perform={perform}
          onClose={() => setOperation(undefined)}
        >
          <p>
            {operation === "pause"
              ? "Requests with these keys are refused until they are resumed."
              : "Requests with these keys are refused immediately. This cannot be undone."}
          </p>
          <ul className="names">
            {targets.slice(0, 10).map(({ id, name }) => (
              <li key={id}>{name}</li>
            ))}
            {targets.length > 10 && <li>and {targets.length - 10} more</li>}
          </ul>
        </ConfirmDialog>
      )}
    </div>
  );
}

function csvOf(keys: readonly ApiKey[]): string {
  return toCsv([
    [
      "id",
      "name",
      "key",
      "owner",
      "environment",
      "plan",
      "scopes",
      "status",
      "created",
      "expires",
      "last used",
    ],
    ...keys.map((key) => [
      key.id,
      key.name,
      key.masked,
      key.ownerId,
      key.environment,
      key.plan,
      key.scopes.join(" "),
      statusLabel(key),
      key.createdAt,
      key.expiresAt,
      key.lastUsedAt,
    ]),
  ]);
}
