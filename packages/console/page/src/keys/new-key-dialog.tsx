import { useId, useRef, type FormEvent } from "react";
import { Link } from "wouter";
import { api, dataOf, isProblem, type CreateApiKey, type CreatedKey } from "../api/client.ts";
import { useActing } from "../session.ts";
import { useAct } from "../ui/act.ts";
import { count } from "../ui/count.ts";
import { Dialog } from "../ui/dialog.tsx";
import { failureOf, FormError } from "../ui/field-error.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { ExpiryField, expiryOf } from "./expiry-field.tsx";
import { ScopesField } from "./scopes-field.tsx";
import { scopesOf } from "./scopes.ts";

const FIELDS = ["name", "ownerId", "environment", "scopes", "plan", "expiresAt"];

interface NewKeyDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (created: CreatedKey) => void;
}

/** Asks what a new key is to be. Only a name is needed. */
export function NewKeyDialog({ onClose, onCreated }: NewKeyDialogProps) {
  const { plans, environments, ownerId } = useActing();
  // Only an administrator may grant a plan or scopes.
  const canGrant = ownerId === null;
  const { busy, failure, act } = useAct();
  // One for this dialog: sent again, because no answer came, it makes no second key.
  const request = useRef(crypto.randomUUID());
  const hint = useId();
  const invalid = (field: string) => failureOf(failure, field) !== undefined;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const expiresAt = expiryOf(form);
    const body: CreateApiKey = {
      name: text("name"),
      scopes: scopesOf(text("scopes")),
      ...(text("plan") !== "" && { plan: text("plan") }),
      ...(text("environment") !== "" && { environment: text("environment") }),
      ...(text("ownerId") !== "" && { ownerId: text("ownerId") }),
      ...(expiresAt !== null && { expiresAt }),
    };
    void act(async () => {
      const params = { header: { "idempotency-key": request.current } };
      onCreated(await dataOf(api.POST("/api-keys", { body, params })));
    });
  }

  return (
    <Dialog title="Create New API Key" onClose={onClose}>
      <form onSubmit={submit}>
        <label className="field">
          <span>Name</span>
          <input
            name="name"
            required
            maxLength={200}
            data-focus
            autoComplete="off"
            placeholder="What it is for, such as billing"
            aria-invalid={invalid("name")}
          />
        </label>
        {canGrant && (
          <label className="field">
            <span>Owner</span>
            <input
              name="ownerId"
              maxLength={200}
              autoComplete="off"
              placeholder="default"
              aria-invalid={invalid("ownerId")}
            />
          </label>
        )}
        {environments.length > 1 && (
          <label className="field">
            <span>Environment</span>
            <select name="environment" defaultValue={environments[0]}>
              {environments.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
        {canGrant && plans.length > 1 && (
          <label className="field">
            <span>Plan</span>
            <select name="plan" defaultValue="default">
              {plans.map(({ name, limits }) => (
                <option key={name} value={name}>
                  {name}: {count(limits.rate)} a second, {count(limits.daily)} a day
                </option>
              ))}
            </select>
          </label>
        )}
        {canGrant && (
          <>
            <ScopesField initial={[]} invalid={invalid("scopes")} describedBy={hint} />
            <p id={hint} className="hint">
              Scopes, separated by spaces. A key without scopes can only call endpoints that require none.
            </p>
          </>
        )}
        <ExpiryField initial={null} invalid={invalid("expiresAt")} />
        {isProblem(failure) && failure.code === "already-created" ? (
          <p className="notice warn" role="alert">
            The key was made, but the answer with it was lost on the way.{" "}
            <Link href={`/keys/${failure.keyId}`}>Open it</Link> and regenerate it to get one that you can
            copy.
          </p>
        ) : (
          <FormError failure={failure} fields={FIELDS} />
        )}
        <FormActions act="Create key" acting="Creating" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
