import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, explain, Explanation, type ApiKey } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { download, toCsv } from "../ui/export.ts";
import { plural } from "../ui/format.ts";
import { useToast } from "../ui/toasts.tsx";
import { BulkPlanDialog } from "./bulk-plan-dialog.tsx";
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
  const [operation, setOperation] = useState<"pause" | "plan" | "revoke">();
  const { permissions, plans } = session;
  const pausable = keys.filter((key) => operationsOn(key, session).has("pause"));
  const revocable = keys.filter((key) => operationsOn(key, session).has("revoke"));
  const changeable = keys.filter(({ status }) => status !== "revoked");
  const targets = { pause: pausable, plan: changeable, revoke: revocable }[operation ?? "revoke"];
  const close = () => setOperation(undefined);

  /** One request per key: each is a separate change with its own audit event. */
  async function performEach(request: (id: string) => Promise<unknown>, done: string) {
    let count = 0;
    try {
      for (const { id } of targets) {
        await request(id);
        count += 1;
      }
    } catch (error) {
      throw new Explanation(`${plural(count, "key")} of ${targets.length} done. ${explain(error)}`, {
        cause: error,
      });
    } finally {
      await refreshAll(queries);
    }
    toast(`${done} ${plural(targets.length, "key")}`);
    onDone();
  }

  const pause = (id: string) =>
    dataOf(api.POST("/api-keys/{id}/pause", { params: { path: { id } }, body: {} }));
  const revoke = (id: string) => dataOf(api.DELETE("/api-keys/{id}", { params: { path: { id } } }));
  const changePlan = (plan: string | null) => (id: string) =>
    dataOf(api.PATCH("/api-keys/{id}", { params: { path: { id } }, body: { plan } }));

  return (
    <div className="bulk" role="region" aria-label="Selected keys">
      <strong>{plural(keys.length, "key")} selected</strong>
      {pausable.length > 0 && (
        <button type="button" onClick={() => setOperation("pause")}>
          Pause
        </button>
      )}
      {permissions.update && plans.length > 1 && changeable.length > 0 && (
        <button type="button" onClick={() => setOperation("plan")}>
          Change plan
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
      {operation === "plan" && (
        <BulkPlanDialog
          keyCount={targets.length}
          perform={(plan) => performEach(changePlan(plan), "Changed the plan of")}
          onClose={close}
        />
      )}
      {(operation === "pause" || operation === "revoke") && (
        <ConfirmDialog
          title={`${operation === "pause" ? "Pause" : "Revoke"} ${plural(targets.length, "key")}?`}
          action={operation === "pause" ? "Pause keys" : "Revoke keys"}
          danger={operation === "revoke"}
          confirmText={operation === "revoke" ? `revoke ${targets.length}` : undefined}
          perform={() =>
            operation === "pause" ? performEach(pause, "Paused") : performEach(revoke, "Revoked")
          }
          onClose={close}
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
