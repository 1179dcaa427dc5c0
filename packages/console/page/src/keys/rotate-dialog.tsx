import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, dataOf, explain, type ApiKey } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { dateTime } from "../ui/format.ts";
import { LastUse } from "./last-use.tsx";
import { loadRevealDialog, useReveal } from "./reveal.tsx";

const OVERLAPS = [
  [0, "Immediately"],
  [3600, "In 1 hour"],
  [86_400, "In 24 hours"],
  [604_800, "In 7 days"],
  [2_592_000, "In 30 days"],
] as const;

interface RotateDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** Creates the successor of a key, which is shown once. */
export function RotateDialog({ apiKey, onClose }: RotateDialogProps) {
  const queries = useQueryClient();
  const reveal = useReveal();
  const focus = useRef<HTMLSelectElement>(null);
  const [overlapSeconds, setOverlap] = useState(86_400);
  const { id, name, expiresAt, createdAt, lastUsedAt } = apiKey;
  const rotate = useMutation({
    gcTime: 0,
    async mutationFn() {
      await loadRevealDialog();
      return dataOf(
        api.POST("/api-keys/{id}/rotate", { params: { path: { id } }, body: { overlapSeconds } }),
      );
    },
    onSuccess: (created) => {
      reveal(created);
      onClose();
      void refreshAll(queries);
    },
  });
  const lifetimeMs =
    expiresAt === null ? undefined : new Date(expiresAt).getTime() - new Date(createdAt).getTime();

  return (
    <Dialog title={`Rotate ${name}`} onClose={onClose} initialFocus={focus}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rotate.mutate();
        }}
      >
        <p>
          Creates a new key with the same name, owner, plan, scopes and limits. Both keys share one count. The
          new key is shown once.
        </p>
        <Field label="The old key stops working">
          <select
            ref={focus}
            value={overlapSeconds}
            onChange={(event) => setOverlap(Number(event.target.value))}
          >
            {OVERLAPS.map(([seconds, label]) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        <dl className="facts">
          <div>
            <dt>Old key ends</dt>
            <dd>{overlapSeconds === 0 ? "now" : dateTime(endOf(overlapSeconds, expiresAt))}</dd>
          </div>
          <div>
            <dt>New key expires</dt>
            <dd>
              {lifetimeMs === undefined
                ? "never, unless the key policy sets an expiry"
                : `at the latest ${dateTime(Date.now() + lifetimeMs)}`}
            </dd>
          </div>
        </dl>
        {overlapSeconds === 0 && lastUsedAt !== null && <LastUse apiKey={apiKey} />}
        {rotate.isError && (
          <p className="error" role="alert">
            {explain(rotate.error)}
          </p>
        )}
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={rotate.isPending}>
            {rotate.isPending ? "Rotating…" : "Rotate key"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** An overlap does not extend the life of a key. */
function endOf(overlapSeconds: number, expiresAt: string | null): number {
  const end = Date.now() + overlapSeconds * 1000;
  return expiresAt === null ? end : Math.min(end, new Date(expiresAt).getTime());
}
