import type { FormEvent } from "react";
import { api, dataOf, type ApiKey, type CreatedKey } from "../api/client.ts";
import { useAct } from "../ui/act.ts";
import { Dialog } from "../ui/dialog.tsx";
import { FormError } from "../ui/field-error.tsx";
import { FormActions } from "../ui/form-actions.tsx";

interface RegenerateDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
  readonly onCreated: (created: CreatedKey) => void;
}

/** Revokes a key now and makes the one that takes its place. */
export function RegenerateDialog({ apiKey, onClose, onCreated }: RegenerateDialogProps) {
  const { busy, failure, act } = useAct();

  function submit(event: FormEvent) {
    event.preventDefault();
    void act(async () => {
      const params = { path: { id: apiKey.id } };
      onCreated(await dataOf(api.POST("/api-keys/{id}/regenerate", { params })));
    });
  }

  return (
    <Dialog title={`Regenerate ${apiKey.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          The key <code>{apiKey.masked}</code> stops working at once, and a new one is made and shown once. To
          give its holder time, rotate it instead.
        </p>
        <p className="notice danger">This cannot be undone.</p>
        <FormError failure={failure} fields={[]} />
        <FormActions act="Regenerate key" acting="Regenerating" busy={busy} onCancel={onClose} danger focus />
      </form>
    </Dialog>
  );
}
