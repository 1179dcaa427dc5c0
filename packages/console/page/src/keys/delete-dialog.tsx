import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api, dataOf, type ApiKey } from "../api/client.ts";
import { refreshKeys } from "../api/queries.ts";
import { useAct } from "../ui/act.ts";
import { Dialog } from "../ui/dialog.tsx";
import { FormError } from "../ui/field-error.tsx";
import { FormActions } from "../ui/form-actions.tsx";

interface DeleteDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** Revokes a key for ever, once its name was typed. */
export function DeleteDialog({ apiKey, onClose }: DeleteDialogProps) {
  const queries = useQueryClient();
  const { busy, failure, act } = useAct();
  const [typed, setTyped] = useState("");

  function submit(event: FormEvent) {
    event.preventDefault();
    void act(async () => {
      const params = { path: { id: apiKey.id } };
      queries.setQueryData(["key", apiKey.id], await dataOf(api.DELETE("/api-keys/{id}", { params })));
      onClose();
      await refreshKeys(queries);
    });
  }

  return (
    <Dialog title={`Delete ${apiKey.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          The key <code>{apiKey.masked}</code> stops working at once. Whoever uses it is refused. It stays in
          the list as revoked, with its audit trail.
        </p>
        <p className="notice danger">This cannot be undone.</p>
        <label className="field">
          <span>
            Type <strong>{apiKey.name}</strong> to confirm
          </span>
          <input
            value={typed}
            data-focus
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        <FormError failure={failure} fields={[]} />
        <FormActions
          act="Delete key"
          acting="Deleting"
          busy={busy}
          onCancel={onClose}
          danger
          incomplete={typed.trim() !== apiKey.name.trim()}
        />
      </form>
    </Dialog>
  );
}
