import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useForm } from "react-hook-form";
import { api, dataOf, type Owner } from "../api/client.ts";
import { refreshAll } from "../api/queries.ts";
import { toAddresses } from "../keys/key-form.tsx";
import { LimitsFields } from "../limits/limits-fields.tsx";
import { LIMIT_ERROR_FIELDS, toLimitsInput, toOwnLimits, type LimitsInput } from "../limits/limits-input.ts";
import { limitsText } from "../limits/limits-text.ts";
import { useSessionInfo } from "../session.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { showFailure } from "../ui/form-errors.ts";
import { useToast } from "../ui/toasts.tsx";

interface OwnerForm {
  name: string;
  plan: string;
  limits: LimitsInput;
  addresses: string;
}

const FIELDS = {
  name: "name",
  plan: "plan",
  allowedAddresses: "addresses",
  ...(LIMIT_ERROR_FIELDS as Record<string, "limits.rate">),
} as const;

interface EditOwnerDialogProps {
  readonly owner: Owner;
  readonly onClose: () => void;
}

/** Changes the settings of an owner. Only changed fields are sent. */
export function EditOwnerDialog({ owner, onClose }: EditOwnerDialogProps) {
  const { plans, permissions } = useSessionInfo();
  const queries = useQueryClient();
  const toast = useToast();
  const focus = useRef<HTMLInputElement>(null);
  const { register, handleSubmit, setError, watch, formState } = useForm<OwnerForm>({
    defaultValues: {
      name: owner.name ?? "",
      plan: owner.plan ?? "",
      limits: toLimitsInput(owner.ownLimits),
      addresses: owner.allowedAddresses?.join("\n") ?? "",
    },
  });
  const { errors, dirtyFields } = formState;
  const save = useMutation({
    mutationFn(form: OwnerForm) {
      const addresses = toAddresses(form.addresses);
      const body = {
        ...(dirtyFields.name && { name: form.name.trim() === "" ? null : form.name.trim() }),
        ...(dirtyFields.plan && { plan: form.plan === "" ? null : form.plan }),
        ...(dirtyFields.limits && { limits: toOwnLimits(form.limits, owner.ownLimits?.until) }),
        ...(dirtyFields.addresses && { allowedAddresses: addresses.length === 0 ? null : addresses }),
      };
      const params = { path: { ownerId: owner.id }, header: { "if-match": `"${owner.revision}"` } };
      return dataOf(api.PATCH("/owners/{ownerId}", { params, body }));
    },
    onSuccess: (saved) => {
      queries.setQueryData(["owner", owner.id], saved);
      void refreshAll(queries);
      toast(`Saved ${owner.id}`);
      onClose();
    },
    onError: (error) => showFailure(error, setError, FIELDS),
  });
  const choosable = plans.filter(({ name }) => permissions.create?.plans?.includes(name) ?? true);
  const chosen = plans.find(({ name }) => name === (watch("plan") || "default"));
  const { ref: nameRef, ...nameField } = register("name");

  return (
    <Dialog title={`Edit ${owner.id}`} wide onClose={onClose} initialFocus={focus}>
      <form noValidate onSubmit={(event) => void handleSubmit((form) => save.mutate(form))(event)}>
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
        <Field
          label="Plan"
          hint={`Each key: ${limitsText(chosen?.limits)}. All keys: ${limitsText(chosen?.owner)}.`}
          error={errors.plan?.message}
        >
          <select {...register("plan")}>
            <option value="">default</option>
            {owner.plan !== null && !choosable.some(({ name }) => name === owner.plan) && (
              <option>{owner.plan}</option>
            )}
            {choosable
              .filter(({ name }) => name !== "default")
              .map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
          </select>
        </Field>
        {permissions.limits !== null && (
          <LimitsFields<OwnerForm> register={register} errors={errors.limits} plan={chosen?.owner} />
        )}
        <Field
          label="Allowed addresses"
          hint="Networks in CIDR notation, one per line. Empty: any address."
          error={errors.addresses?.message}
        >
          <textarea rows={2} spellCheck={false} {...register("addresses")} />
        </Field>
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
