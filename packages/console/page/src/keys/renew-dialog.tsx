import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, dataOf, type ApiKey } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Field } from "../ui/field.tsx";
import { useToast } from "../ui/toasts.tsx";
import { expiryOf, lifetimeOf, expiryChoices, type ExpiryInput } from "./expiry.ts";

interface RenewDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** Gives an expired key a later expiry. The key itself stays the same. */
export function RenewDialog({ apiKey, onClose }: RenewDialogProps) {
  const { keyPolicy, permissions } = useSessionInfo();
  const queries = useQueryClient();
  const toast = useToast();
  const focus = useRef<HTMLSelectElement>(null);
  const { maxDays } = lifetimeOf(keyPolicy, permissions.create);
  const choices = expiryChoices(undefined, maxDays);
  const [expiry, setExpiry] = useState<ExpiryInput>({ choice: choices[0]?.[0] ?? "date", date: "" });

  async function renew() {
    const expiresAt = expiryOf(expiry);
    const params = { path: { id: apiKey.id }, header: { "if-match": `"${apiKey.revision}"` } };
    await dataOf(api.PATCH("/api-keys/{id}", { params, body: { expiresAt: expiresAt ?? null } }));
    await refreshAll(queries);
    toast(`Renewed ${apiKey.name}`);
  }

  return (
    <ConfirmDialog
      title={`Renew ${apiKey.name}`}
      action="Renew key"
      initialFocus={focus}
      perform={renew}
      onClose={onClose}
    >
      <p>Requests with the same key are admitted again. To replace the key, renew and then rotate it.</p>
      <Field label="Expires in">
        <select
          ref={focus}
          value={expiry.choice}
          onChange={(event) => setExpiry({ ...expiry, choice: event.target.value })}
        >
          {choices.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </Field>
      {expiry.choice === "date" && (
        <Field label="At the end of this day (UTC)">
          <input
            type="date"
            required
            value={expiry.date}
            onChange={(event) => setExpiry({ ...expiry, date: event.target.value })}
          />
        </Field>
      )}
    </ConfirmDialog>
  );
}
