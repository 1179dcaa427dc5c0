import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Controller, useForm } from "react-hook-form";
import { api, dataOf, isProblem, type ApiKey, type UpdateApiKey } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { LimitsFields } from "../limits/limits-fields.tsx";
import { LIMIT_ERROR_FIELDS, toLimitsInput, toOwnLimits, type LimitsInput } from "../limits/limits-input.ts";
import { useSessionInfo } from "../session.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { dateTime } from "../ui/format.ts";
import { showFailure } from "../ui/form-errors.ts";
import { useToast } from "../ui/toasts.tsx";
import { isMetadata, ScopePicker, toAddresses, toMetadata } from "./key-form.tsx";
import { UsedNetworks } from "./used-networks.tsx";

interface EditForm {
  name: string;
  plan: string;
  scopes: readonly string[];
  /** The day after whose end the key expires, in UTC. Empty: never. */
  expiresOn: string;
  limits: LimitsInput;
  addresses: string;
  metadata: string;
}

const FIELDS = {
  name: "name",
  plan: "plan",
  scopes: "scopes",
  expiresAt: "expiresOn",
  allowedAddresses: "addresses",
  metadata: "metadata",
  ...(LIMIT_ERROR_FIELDS as Record<string, "limits.rate">),
} as const;

interface EditKeyDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** Changes the settings of a key, as far as the principal may. Only changed fields are sent. */
export function EditKeyDialog({ apiKey, onClose }: EditKeyDialogProps) {
  const { plans, permissions } = useSessionInfo();
  const queries = useQueryClient();
  const toast = useToast();
  const focus = useRef<HTMLInputElement>(null);
  const revision = useRef(apiKey.revision);
  const [hasConflict, setHasConflict] = useState(false);
  const { rename, update } = permissions;
  const { register, control, handleSubmit, setError, setValue, watch, formState } = useForm<EditForm>({
    defaultValues: {
      name: apiKey.name,
      plan: apiKey.plan ?? "",
      scopes: apiKey.scopes,
      expiresOn: apiKey.expiresAt?.slice(0, 10) ?? "",
      limits: toLimitsInput(apiKey.ownLimits),
      addresses: apiKey.allowedAddresses?.join("\n") ?? "",
      metadata: Object.keys(apiKey.metadata).length === 0 ? "" : JSON.stringify(apiKey.metadata, null, 2),
    },
  });
  const { errors, dirtyFields } = formState;

  const save = useMutation({
    async mutationFn(form: EditForm) {
      const path = { id: apiKey.id };
      const params = { path, header: { "if-match": `"${revision.current}"` } };
      try {
        // Shown at once: the next change is meant for this revision.
        queries.setQueryData(
          ["key", apiKey.id],
          await dataOf(api.PATCH("/api-keys/{id}", { params, body: changesOf(form) })),
        );
        return true;
      } catch (error) {
        if (!isProblem(error) || error.code !== "key-changed") throw error;
        // Keeps the input. The next attempt is meant for the current revision.
        const current = await dataOf(api.GET("/api-keys/{id}", { params: { path } }));
        revision.current = current.revision;
        return false;
      }
    },
    onSuccess: (isSaved, { name }) => {
      setHasConflict(!isSaved);
      void refreshAll(queries);
      if (!isSaved) return;
      toast(`Saved ${name.trim()}`);
      onClose();
    },
    onError: (error) => showFailure(error, setError, FIELDS),
  });

  function changesOf(form: EditForm): UpdateApiKey {
    const { expiresOn } = form;
    return {
      ...(dirtyFields.name && { name: form.name.trim() }),
      ...(dirtyFields.plan && { plan: form.plan === "" ? null : form.plan }),
      ...(dirtyFields.scopes && { scopes: [...form.scopes] }),
      ...(dirtyFields.expiresOn && { expiresAt: expiresOn === "" ? null : `${expiresOn}T23:59:59.000Z` }),
      ...(dirtyFields.limits && { limits: toOwnLimits(form.limits, apiKey.ownLimits?.until) }),
      ...(dirtyFields.addresses && { allowedAddresses: addressesOrNull(form.addresses) }),
      ...(dirtyFields.metadata && { metadata: toMetadata(form.metadata) }),
    };
  }

  const addresses = toAddresses(watch("addresses"));

  function allow(network: string): void {
    setValue("addresses", [...addresses, network].join("\n"), { shouldDirty: true });
  }

  const choosable = plans.filter(({ name }) => permissions.create?.plans?.includes(name) ?? true);
  const { ref: nameRef, ...nameField } = register("name", {
    validate: (value) => value.trim() !== "" || "Enter a name.",
  });
  return (
    <Dialog title={`Edit ${apiKey.name}`} wide onClose={onClose} initialFocus={focus}>
      <form noValidate onSubmit={(event) => void handleSubmit((form) => save.mutate(form))(event)}>
        {rename && (
          <Field label="Name" error={errors.name?.message}>
            <input
              {...nameField}
              ref={(element) => {
                nameRef(element);
                focus.current = element;
              }}
              maxLength={200}
              autoComplete="off"
            />
          </Field>
        )}
        {update && (
          <>
            <div className="columns">
              {choosable.length > 0 && (
                <Field label="Plan" error={errors.plan?.message}>
                  <select {...register("plan")}>
                    <option value="">The owner’s plan</option>
                    {apiKey.plan !== null && !choosable.some(({ name }) => name === apiKey.plan) && (
                      <option>{apiKey.plan}</option>
                    )}
                    {choosable.map(({ name }) => (
                      <option key={name}>{name}</option>
                    ))}
                  </select>
                </Field>
              )}
              {/* A key that was rotated ends with its overlap. */}
              {apiKey.rotatedTo === null && (
                <Field
                  label="Expires at the end of (UTC)"
                  hint={
                    apiKey.expiresAt === null
                      ? "Empty: no expiry."
                      : `Now: ${dateTime(apiKey.expiresAt)}. Empty: no expiry.`
                  }
                  error={errors.expiresOn?.message}
                >
                  <input type="date" {...register("expiresOn")} />
                </Field>
              )}
            </div>
            <Controller
              control={control}
              name="scopes"
              render={({ field: { value, onChange } }) => (
                <Field label="Scopes" error={errors.scopes?.message}>
                  <ScopePicker value={value} onChange={onChange} />
                </Field>
              )}
            />
          </>
        )}
        {permissions.limits !== null && (
          <LimitsFields<EditForm>
            register={register}
            errors={errors.limits}
            plan={plans.find(({ name }) => name === (apiKey.plan ?? "default"))?.limits}
          />
        )}
        {update && (
          <>
            <Field
              label="Allowed addresses"
              hint="Networks in CIDR notation, one per line. Empty: any address."
              error={errors.addresses?.message}
            >
              <textarea rows={2} spellCheck={false} {...register("addresses")} />
            </Field>
            <UsedNetworks keyId={apiKey.id} allowed={addresses} onAllow={allow} />
            <Field label="Metadata" hint="A JSON object." error={errors.metadata?.message}>
              <textarea rows={2} spellCheck={false} {...register("metadata", { validate: isMetadata })} />
            </Field>
          </>
        )}
        {hasConflict && (
          <p className="notice warn" role="alert">
            Someone else changed this key. Your input is kept. Save again to apply it to the current version.
          </p>
        )}
        {errors.root !== undefined && (
          <p className="error" role="alert">
            {errors.root.message}
          </p>
        )}
        <div className="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={save.isPending}>
            {save.isPending ? "Saving…" : "Save"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function addressesOrNull(text: string): string[] | null {
  const addresses = toAddresses(text);
  return addresses.length === 0 ? null : addresses;
}
