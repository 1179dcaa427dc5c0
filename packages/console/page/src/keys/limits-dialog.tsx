import { useState, type FormEvent } from "react";
import type { ApiKey } from "../api/client.ts";
import { Dialog } from "../ui/dialog.tsx";
import { failureOf, FormError } from "../ui/field-error.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { useChangeKey } from "./change-key.ts";
import { Conflict } from "./conflict.tsx";

const FIELDS = [
  ["rate", "Requests a second, sustained"],
  ["burst", "Requests in any one second"],
  ["daily", "Requests a UTC day"],
] as const;

interface LimitsDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** Gives a key limits of its own, or those of its plan again. */
export function LimitsDialog({ apiKey, onClose }: LimitsDialogProps) {
  const { busy, failure, conflict, change } = useChangeKey(apiKey, onClose);
  const [whose, setWhose] = useState(apiKey.ownLimits === null ? "plan" : "own");

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = (name: string) => Number(form.get(name));
    change({
      limits: whose === "plan" ? null : { rate: value("rate"), burst: value("burst"), daily: value("daily") },
    });
  }

  return (
    <Dialog title={`Limits of ${apiKey.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <fieldset>
          <legend>Whose limits</legend>
          <label className="choice">
            <input
              type="radio"
              name="whose"
              value="plan"
              checked={whose === "plan"}
              onChange={() => setWhose("plan")}
            />
            Those of the plan “{apiKey.plan}”
          </label>
          <label className="choice">
            <input
              type="radio"
              name="whose"
              value="own"
              checked={whose === "own"}
              onChange={() => setWhose("own")}
            />
            Its own
          </label>
        </fieldset>
        {whose === "own" &&
          FIELDS.map(([name, label]) => (
            <label key={name} className="field">
              <span>{label}</span>
              <input
                type="number"
                name={name}
                min={1}
                step={1}
                required
                inputMode="numeric"
                defaultValue={apiKey.limits[name]}
                aria-invalid={failureOf(failure, "limits") !== undefined}
              />
            </label>
          ))}
        <Conflict shown={conflict} />
        <FormError failure={failure} fields={["limits"]} />
        <FormActions act="Save" acting="Saving" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
