import type { FormEvent } from "react";
import type { ApiKey } from "../api/client.ts";
import { useActing } from "../session.ts";
import { Dialog } from "../ui/dialog.tsx";
import { failureOf, FormError } from "../ui/field-error.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { useChangeKey } from "./change-key.ts";
import { Conflict } from "./conflict.tsx";
import { ExpiryField, expiryOf } from "./expiry-field.tsx";
import { ScopesField } from "./scopes-field.tsx";
import { scopesOf } from "./scopes.ts";

const FIELDS = ["name", "scopes", "plan", "expiresAt"];

interface EditDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** Changes a key's name and, for an administrator, its plan, scopes and expiry. Limits have a dialog of their own. */
export function EditDialog({ apiKey, onClose }: EditDialogProps) {
  const { plans, ownerId } = useActing();
  const canGrant = ownerId === null;
  const { busy, failure, conflict, change } = useChangeKey(apiKey, onClose);
  const invalid = (field: string) => failureOf(failure, field) !== undefined;
  // A key that was rotated ends with its overlap.
  const canExpireLater = canGrant && apiKey.rotatedTo === null;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const plan = form.get("plan");
    const expiresAt = expiryOf(form, apiKey.expiresAt);
    change({
      name: String(form.get("name")).trim(),
      ...(canGrant && { scopes: scopesOf(String(form.get("scopes"))) }),
      ...(plan !== null && plan !== apiKey.plan && { plan: String(plan) }),
      ...(canExpireLater && expiresAt !== apiKey.expiresAt && { expiresAt }),
    });
  }

  return (
    <Dialog title={`Edit ${apiKey.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <label className="field">
          <span>Name</span>
          <input
            name="name"
            required
            maxLength={200}
            data-focus
            autoComplete="off"
            defaultValue={apiKey.name}
            aria-invalid={invalid("name")}
          />
        </label>
        {canGrant && plans.length > 1 && (
          <label className="field">
            <span>Plan</span>
            <select name="plan" defaultValue={apiKey.plan} aria-invalid={invalid("plan")}>
              {!plans.some(({ name }) => name === apiKey.plan) && <option>{apiKey.plan}</option>}
              {plans.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
        {canGrant && <ScopesField initial={apiKey.scopes} invalid={invalid("scopes")} />}
        {canExpireLater && <ExpiryField initial={apiKey.expiresAt} invalid={invalid("expiresAt")} />}
        <Conflict shown={conflict} />
        <FormError failure={failure} fields={FIELDS} />
        <FormActions act="Save" acting="Saving" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
