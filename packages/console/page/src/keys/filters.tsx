import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { KeyFilter } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { STATUSES } from "./filter.ts";

const DEBOUNCE_MS = 250;

interface FiltersProps {
  readonly filter: KeyFilter;
  readonly change: (changes: Partial<KeyFilter>) => void;
}

export function Filters({ filter, change }: FiltersProps) {
  const { plans, level } = useSessionInfo();
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <div className="search">
        <Search aria-hidden size={16} />
        <DebouncedInput
          label="Search keys"
          placeholder={level === "operator" ? "Name, owner, or key" : "Name or key"}
          value={filter.search}
          onChange={(search) => change({ search })}
        />
      </div>
      <select
        aria-label="Status"
        value={filter.status}
        onChange={(event) => change({ status: event.target.value as KeyFilter["status"] })}
      >
        <option value="">Any status</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {status.charAt(0).toUpperCase() + status.slice(1)}
          </option>
        ))}
      </select>
      {plans.length > 1 && (
        <select
          aria-label="Plan"
          value={filter.plan}
          onChange={(event) => change({ plan: event.target.value })}
        >
          <option value="">Any plan</option>
          {plans.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      {level === "operator" && (
        <div className="owner-filter">
          <DebouncedInput
            label="Owner"
            placeholder="Any owner"
            value={filter.ownerId}
            onChange={(ownerId) => change({ ownerId })}
          />
        </div>
      )}
    </form>
  );
}

interface DebouncedInputProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A text input that reports its value when typing stops. */
export function DebouncedInput({ label, placeholder, value, onChange }: DebouncedInputProps) {
  const [typed, setTyped] = useState(value);
  const reported = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  function type(text: string) {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      reported.current = text.trim();
      onChange(reported.current);
    }, DEBOUNCE_MS);
  }

  useEffect(() => () => clearTimeout(timer.current), []);

  // A link, a button or the back button may have changed the value.
  useEffect(() => {
    if (value === reported.current) return;
    clearTimeout(timer.current);
    reported.current = value;
    setTyped(value);
  }, [value]);

  return (
    <input
      type="search"
      aria-label={label}
      value={typed}
      autoComplete="off"
      spellCheck={false}
      placeholder={placeholder}
      onChange={(event) => type(event.target.value)}
    />
  );
}
