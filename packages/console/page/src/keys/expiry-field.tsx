import { useState } from "react";

const DAY_MS = 86_400_000;
const CHOICES = [
  ["", "Never"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
  ["date", "On a date …"],
] as const;

interface ExpiryFieldProps {
  readonly initial: string | null;
  readonly invalid: boolean;
}

/** When a key expires. Its value is read with {@link expiryOf}. */
export function ExpiryField({ initial, invalid }: ExpiryFieldProps) {
  const [choice, setChoice] = useState(initial === null ? "" : "date");
  const tomorrow = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
  return (
    <>
      <label className="field">
        <span>Expires</span>
        <select
          name="expires"
          value={choice}
          aria-invalid={invalid}
          onChange={(event) => setChoice(event.target.value)}
        >
          {CHOICES.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {choice === "date" && (
        <label className="field">
          <span>At the end of (UTC)</span>
          <input
            type="date"
            name="expiresOn"
            required
            min={initial === null ? tomorrow : undefined}
            defaultValue={initial?.slice(0, 10) ?? tomorrow}
          />
        </label>
      )}
    </>
  );
}

/** The time that was chosen, `null` for never. An expiry that was not touched stays as it is, to the second. */
export function expiryOf(form: FormData, initial: string | null = null): string | null {
  const choice = form.get("expires");
  if (choice === "date") {
    const day = String(form.get("expiresOn"));
    return initial !== null && initial.startsWith(day) ? initial : `${day}T23:59:59.000Z`;
  }
  return choice === "" || choice === null
    ? null
    : new Date(Date.now() + Number(choice) * DAY_MS).toISOString();
}
