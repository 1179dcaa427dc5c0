import { useState } from "react";
import { useSessionInfo } from "../session.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Field } from "../ui/field.tsx";

const HOUR_MS = 3_600_000;
const DURATIONS = [
  ["", "Until resumed"],
  ["1", "1 hour"],
  ["24", "1 day"],
  ["168", "7 days"],
  ["720", "30 days"],
] as const;

interface PauseInput {
  readonly reason?: string;
  readonly until?: string;
}

interface PauseDialogProps {
  readonly title: string;
  readonly description: string;
  readonly perform: (input: PauseInput) => Promise<void>;
  readonly onClose: () => void;
}

/** Pauses a key or an owner, until it is resumed or for a while. */
export function PauseDialog({ title, description, perform, onClose }: PauseDialogProps) {
  const { level } = useSessionInfo();
  const [hours, setHours] = useState("");
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog
      title={title}
      action="Pause"
      perform={() =>
        perform({
          ...(reason.trim() !== "" && { reason: reason.trim() }),
          ...(hours !== "" && { until: new Date(Date.now() + Number(hours) * HOUR_MS).toISOString() }),
        })
      }
      onClose={onClose}
    >
      <p>{description}</p>
      <Field label="For">
        <select value={hours} onChange={(event) => setHours(event.target.value)}>
          {DURATIONS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </Field>
      <Field
        label="Reason (optional)"
        hint={level === "operator" ? "Operators see it. The customer does not." : undefined}
      >
        <input
          value={reason}
          maxLength={200}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
    </ConfirmDialog>
  );
}
