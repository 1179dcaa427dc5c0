import type { FieldErrors, FieldValues, Path, UseFormRegister } from "react-hook-form";
import type { Limits } from "../api/client.ts";
import { count } from "../ui/format.ts";
import { Field } from "../ui/field.tsx";
import { NUMBERS, type LimitsInput } from "./limits-input.ts";

interface LimitsFieldsProps<T extends FieldValues & { limits: LimitsInput }> {
  readonly register: UseFormRegister<T>;
  readonly errors: FieldErrors<LimitsInput> | undefined;
  /** The limits that apply without an override, where they are known. */
  readonly plan: Limits | undefined;
}

export function LimitsFields<T extends FieldValues & { limits: LimitsInput }>({
  register,
  errors,
  plan,
}: LimitsFieldsProps<T>) {
  const path = (name: keyof LimitsInput) => `limits.${name}` as Path<T>;
  return (
    <fieldset className="limits-fields">
      <legend>Limits</legend>
      <p className="hint">Leave a field empty for the plan’s limit. Enter “none” for no limit.</p>
      <div className="columns">
        {NUMBERS.map(([name, label]) => (
          <Field key={name} label={label} error={errors?.[name]?.message}>
            <input
              inputMode="numeric"
              autoComplete="off"
              placeholder={plan?.[name] === undefined ? "no limit" : count(plan[name])}
              {...register(path(name))}
            />
          </Field>
        ))}
        <Field label="Rate and burst per" error={errors?.per?.message}>
          <select {...register(path("per"))}>
            <option value="second">second</option>
            <option value="minute">minute</option>
            <option value="hour">hour</option>
          </select>
        </Field>
        <Field label="Time zone" error={errors?.timeZone?.message}>
          <input autoComplete="off" placeholder={plan?.timeZone ?? "UTC"} {...register(path("timeZone"))} />
        </Field>
        <Field label="Month starts on day" error={errors?.monthStartsOn?.message}>
          <input
            inputMode="numeric"
            placeholder={String(plan?.monthStartsOn ?? 1)}
            {...register(path("monthStartsOn"))}
          />
        </Field>
      </div>
    </fieldset>
  );
}
