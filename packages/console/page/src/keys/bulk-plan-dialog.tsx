import { useRef, useState } from "react";
import { limitsText } from "../limits/limits-text.ts";
import { useSessionInfo } from "../session.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Field } from "../ui/field.tsx";
import { plural } from "../ui/format.ts";

interface BulkPlanDialogProps {
  readonly keyCount: number;
  /** Receives the name of a plan, or `null` for the owner's plan. */
  readonly perform: (plan: string | null) => Promise<void>;
  readonly onClose: () => void;
}

/** Changes the plan of several keys. */
export function BulkPlanDialog({ keyCount, perform, onClose }: BulkPlanDialogProps) {
  const { plans, permissions } = useSessionInfo();
  const [plan, setPlan] = useState("");
  const focus = useRef<HTMLSelectElement>(null);
  const choices = plans.filter(({ name }) => permissions.create?.plans?.includes(name) ?? true);
  const limits = plans.find(({ name }) => name === plan)?.limits;
  return (
    <ConfirmDialog
      title={`Change the plan of ${plural(keyCount, "key")}`}
      action="Change plan"
      initialFocus={focus}
      perform={() => perform(plan === "" ? null : plan)}
      onClose={onClose}
    >
      <Field label="Plan" hint={plan === "" ? "Each key gets the plan of its owner." : limitsText(limits)}>
        <select ref={focus} value={plan} onChange={(event) => setPlan(event.target.value)}>
          <option value="">The owner’s plan</option>
          {choices.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </Field>
      <p className="hint">What was counted stays counted.</p>
    </ConfirmDialog>
  );
}
