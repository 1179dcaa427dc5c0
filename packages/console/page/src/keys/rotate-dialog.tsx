import type { FormEvent } from "react";
import { api, dataOf, type ApiKey, type CreatedKey } from "../api/client.ts";
import { useAct } from "../ui/act.ts";
import { Dialog } from "../ui/dialog.tsx";
import { FormError } from "../ui/field-error.tsx";
import { FormActions } from "../ui/form-actions.tsx";

const OVERLAPS = [
  [3600, "1 hour"],
  [86_400, "24 hours"],
  [604_800, "7 days"],
  [2_592_000, "30 days"],
] as const;

interface RotateDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
  readonly onCreated: (created: CreatedKey) => void;
}

/** Makes the key that takes another's place, and lets the old one live on for a while. */
export function RotateDialog({ apiKey, onClose, onCreated }: RotateDialogProps) {
  const { busy, failure, act } = useAct();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const overlapSeconds = Number(new FormData(event.currentTarget).get("overlap"));
    void act(async () => {
      const params = { path: { id: apiKey.id } };
      onCreated(await dataOf(api.POST("/api-keys/{id}/rotate", { params, body: { overlapSeconds } })));
    });
  }

  return (
    <Dialog title={`Rotate ${apiKey.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          A new key is made and shown once. The old one works beside it for a while, so that nothing has to
          stop.
        </p>
        <label className="field">
          <span>The old key works for another</span>
          <select name="overlap" defaultValue={86_400} data-focus>
            {OVERLAPS.map(([seconds, text]) => (
              <option key={seconds} value={seconds}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <FormError failure={failure} fields={[]} />
        <FormActions act="Rotate key" acting="Rotating" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
