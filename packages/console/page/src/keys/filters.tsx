import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { KeyListFilter } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";
import { ATTENTIONS, STATUSES } from "./filter.ts";

const DEBOUNCE_MS = 250;

interface FiltersProps {
  readonly filter: KeyListFilter;
  readonly change: (changes: Partial<KeyListFilter>) => void;
}

export function Filters({ filter, change }: FiltersProps) {
  const { plans, level, environments, scopes, keyPolicy } = useSessionInfo();
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
      <Choice
        label="Status"
        value={filter.status}
        choices={STATUSES.map((status) => [status, status.charAt(0).toUpperCase() + status.slice(1)])}
        onChange={(status) => change({ status: status as KeyListFilter["status"] })}
      />
      <Choice
        label="Attention"
        value={filter.attention}
        choices={ATTENTIONS.filter(([name]) => name !== "overdue" || keyPolicy.rotateAfterDays !== undefined)}
        onChange={(attention) => change({ attention: attention as KeyListFilter["attention"] })}
      />
      {plans.length > 1 && (
        <Choice
          label="Plan"
          value={filter.plan}
          choices={plans.map(({ name }) => [name, name])}
          onChange={(plan) => change({ plan })}
        />
      )}
      {environments.length > 1 && (
        <Choice
          label="Environment"
          value={filter.environment}
          choices={environments.map((name) => [name, name])}
          onChange={(environment) => change({ environment })}
        />
      )}
      {scopes !== null && Object.keys(scopes).length > 0 && (
        <Choice
          label="Scope"
          value={filter.scope}
          choices={Object.keys(scopes).map((scope) => [scope, scope])}
          onChange={(scope) => change({ scope })}
        />
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

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

/** A filter with a few values. */
function Choice({ label, value, choices, onChange }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      className={value === "" ? "" : "in-use"}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{label}: any</option>
      {choices.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
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
