import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { Controller, useForm } from "react-hook-form";
import { Link } from "wouter";
import { api, dataOf, isProblem, type CreateApiKey } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { LimitsFields } from "../limits/limits-fields.tsx";
import { LIMIT_ERROR_FIELDS, NO_LIMITS, toOwnLimits, type LimitsInput } from "../limits/limits-input.ts";
import { limitsText } from "../limits/limits-text.ts";
import { useSessionInfo } from "../session.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { showFailure } from "../ui/form-errors.ts";
import { expiryChoices, expiryOf, lifetimeOf, type ExpiryInput } from "./expiry.ts";
import { isMetadata, OwnerInput, ScopePicker, toAddresses, toMetadata } from "./key-form.tsx";
import { loadRevealDialog, useReveal } from "./reveal.tsx";

interface CreateForm {
  name: string;
  ownerId: string;
  environment: string;
  plan: string;
  scopes: readonly string[];
  expiry: ExpiryInput;
  limits: LimitsInput;
  addresses: string;
  metadata: string;
}

const FIELDS = {
  name: "name",
  ownerId: "ownerId",
  environment: "environment",
  plan: "plan",
  scopes: "scopes",
  expiresAt: "expiry.choice",
  allowedAddresses: "addresses",
  metadata: "metadata",
  ...(LIMIT_ERROR_FIELDS as Record<string, "limits.rate">),
} as const;

interface CreateKeyDialogProps {
  readonly ownerId?: string;
  readonly onClose: () => void;
}

/** Only a name is required. */
export function CreateKeyDialog({ ownerId = "", onClose }: CreateKeyDialogProps) {
  const { level, plans, environments, scopes, keyPolicy, permissions } = useSessionInfo();
  const queries = useQueryClient();
  const reveal = useReveal();
  const focus = useRef<HTMLInputElement>(null);
  // One for this dialog: a request that is sent again, because its response was lost, creates no second key.
  const requestId = useRef(randomId());
  const bounds = permissions.create;
  const { maxDays, defaultDays } = lifetimeOf(keyPolicy, bounds);
  const choices = expiryChoices(defaultDays, maxDays);
  const { register, control, handleSubmit, setError, watch, formState } = useForm<CreateForm>({
    defaultValues: {
      name: "",
      ownerId,
      environment: environments[0] ?? "",
      plan: "",
      scopes: [],
      expiry: { choice: defaultDays === undefined ? "never" : "default", date: "" },
      limits: NO_LIMITS,
      addresses: "",
      metadata: "",
    },
  });
  const { errors } = formState;
  const create = useMutation({
    gcTime: 0,
    async mutationFn(form: CreateForm) {
      await loadRevealDialog();
      return dataOf(
        api.POST("/api-keys", {
          body: bodyOf(form),
          params: { header: { "idempotency-key": requestId.current } },
        }),
      );
    },
    onSuccess: (created) => {
      reveal(created);
      onClose();
      void refreshAll(queries);
    },
    onError: (error) => showFailure(error, setError, FIELDS),
  });
  const choosable = plans.filter(({ name }) => bounds?.plans?.includes(name) ?? true);
  const canGrantScopes = bounds?.scopes === null || (bounds?.scopes.length ?? 0) > 0;
  const plan = watch("plan");
  const planLimits = plans.find(({ name }) => name === (plan === "" ? "default" : plan))?.limits;
  const { ref: nameRef, ...nameField } = register("name", {
    validate: (value) => value.trim() !== "" || "Enter a name.",
  });

  return (
    <Dialog title="Create API key" wide onClose={onClose} initialFocus={focus}>
      <form noValidate onSubmit={(event) => void handleSubmit((form) => create.mutate(form))(event)}>
        <Field label="Name" error={errors.name?.message}>
          <input
            {...nameField}
            ref={(element) => {
              nameRef(element);
              focus.current = element;
            }}
            maxLength={200}
            autoComplete="off"
            placeholder="billing service"
          />
        </Field>
        <div className="columns">
          {level === "operator" && (
            <Controller
              control={control}
              name="ownerId"
              render={({ field: { value, onChange } }) => (
                <Field label="Owner" error={errors.ownerId?.message}>
                  <OwnerInput value={value} onChange={onChange} />
                </Field>
              )}
            />
          )}
          {environments.length > 1 && (
            <Field label="Environment" error={errors.environment?.message}>
              <select {...register("environment")}>
                {environments.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </Field>
          )}
          {choosable.length > 0 && (
            <Field
              label="Plan"
              hint={plan === "" ? undefined : limitsText(planLimits)}
              error={errors.plan?.message}
            >
              <select {...register("plan")}>
                <option value="">The owner’s plan</option>
                {choosable.map(({ name, limits }) => (
                  <option key={name} value={name}>
                    {name} ({limitsText(limits)})
                  </option>
                ))}
              </select>
            </Field>
          )}
          <Field label="Expires in" error={errors.expiry?.choice?.message}>
            <select {...register("expiry.choice")}>
              {choices.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </Field>
          {watch("expiry.choice") === "date" && (
            <Field label="At the end of this day (UTC)" error={errors.expiry?.date?.message}>
              <input type="date" {...register("expiry.date", { required: "Choose a date." })} />
            </Field>
          )}
        </div>
        {canGrantScopes && (
          <Controller
            control={control}
            name="scopes"
            render={({ field: { value, onChange } }) => (
              <Field
                label="Scopes"
                hint={
                  scopes === null
                    ? "Separated by spaces. A key without scopes can only call endpoints that require none."
                    : "A key without scopes can only call endpoints that require none."
                }
                error={errors.scopes?.message}
              >
                <ScopePicker value={value} onChange={onChange} />
              </Field>
            )}
          />
        )}
        <details open={errors.limits !== undefined || errors.addresses !== undefined || undefined}>
          <summary>Advanced</summary>
          {permissions.limits === "any" && (
            <LimitsFields<CreateForm> register={register} errors={errors.limits} plan={planLimits} />
          )}
          <Field
            label="Allowed addresses"
            hint="Networks in CIDR notation, one per line. Empty: any address."
            error={errors.addresses?.message}
          >
            <textarea rows={2} spellCheck={false} placeholder="203.0.113.0/24" {...register("addresses")} />
          </Field>
          {permissions.update && (
            <Field label="Metadata" hint="A JSON object." error={errors.metadata?.message}>
              <textarea rows={2} spellCheck={false} {...register("metadata", { validate: isMetadata })} />
            </Field>
          )}
        </details>
        {isProblem(create.error) && create.error.code === "already-created" ? (
          <p className="notice warn" role="alert">
            The key was created, but the response was lost, and the key with it.{" "}
            <Link href={`/keys/${create.error.keyId}`}>Open the key</Link> and rotate it to get a new one.
          </p>
        ) : (
          errors.root !== undefined && (
            <p className="error" role="alert">
              {errors.root.message}
            </p>
          )
        )}
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={create.isPending}>
            {create.isPending ? "Creating…" : "Create key"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function bodyOf(form: CreateForm): CreateApiKey {
  const expiresAt = expiryOf(form.expiry);
  const limits = toOwnLimits(form.limits);
  const addresses = toAddresses(form.addresses);
  const metadata = toMetadata(form.metadata);
  return {
    name: form.name.trim(),
    ...(form.ownerId.trim() !== "" && { ownerId: form.ownerId.trim() }),
    ...(form.environment !== "" && { environment: form.environment }),
    ...(form.plan !== "" && { plan: form.plan }),
    ...(form.scopes.length > 0 && { scopes: [...form.scopes] }),
    ...(typeof expiresAt === "string" && { expiresAt }),
    ...(limits !== null && { limits }),
    ...(addresses.length > 0 && { allowedAddresses: addresses }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** `crypto.randomUUID` exists only on pages over HTTPS. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
