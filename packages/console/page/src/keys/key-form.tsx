import { Autocomplete } from "@base-ui/react/autocomplete";
import { useState } from "react";
import { useOwners } from "../api/queries.ts";
import { useSessionInfo } from "../session.ts";

interface ScopePickerProps {
  readonly value: readonly string[];
  readonly onChange: (scopes: readonly string[]) => void;
}

/** Scopes of the server's catalogue as checkboxes; text where every scope is accepted. */
export function ScopePicker({ value, onChange, ...field }: ScopePickerProps) {
  const { scopes } = useSessionInfo();
  const [text, setText] = useState(value.join(" "));
  if (scopes === null) {
    return (
      <input
        {...field}
        autoComplete="off"
        spellCheck={false}
        placeholder="reports:read reports:write"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onChange(event.target.value.split(/[\s,]+/).filter((scope) => scope !== ""));
        }}
      />
    );
  }
  const names = [...new Set([...Object.keys(scopes), ...value])];
  return (
    <div className="scopes" role="group" {...field}>
      {names.map((scope) => (
        <label key={scope}>
          <input
            type="checkbox"
            checked={value.includes(scope)}
            onChange={(event) =>
              onChange(event.target.checked ? [...value, scope] : value.filter((each) => each !== scope))
            }
          />
          <span>
            <code>{scope}</code>
            {scopes[scope] !== undefined && <small>{scopes[scope]}</small>}
          </span>
        </label>
      ))}
    </div>
  );
}

interface OwnerInputProps {
  readonly value: string;
  readonly onChange: (ownerId: string) => void;
}

/** An owner's id: one that exists, or a new one. */
export function OwnerInput({ value, onChange, ...field }: OwnerInputProps) {
  const owners = useOwners(value.trim());
  const items = owners.data?.pages.flatMap((page) => page.owners.map(({ id }) => id)) ?? [];
  return (
    <Autocomplete.Root items={items} value={value} onValueChange={onChange} filter={null}>
      <Autocomplete.Input {...field} placeholder="No owner" autoComplete="off" maxLength={200} />
      <Autocomplete.Portal>
        <Autocomplete.Positioner className="positioner" sideOffset={4}>
          <Autocomplete.Popup className="menu options">
            <Autocomplete.List>
              {(id: string) => (
                <Autocomplete.Item key={id} value={id}>
                  {id}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
    </Autocomplete.Root>
  );
}

/** Networks as they are typed: one a line. */
export function toAddresses(text: string): string[] {
  return text.split(/[\s,]+/).filter((address) => address !== "");
}

/** @throws SyntaxError if the text is not a JSON object */
export function toMetadata(text: string): Record<string, unknown> {
  const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError();
  return value as Record<string, unknown>;
}

export function isMetadata(text: string): string | true {
  try {
    toMetadata(text);
    return true;
  } catch {
    return 'Enter a JSON object such as {"team": "billing"}.';
  }
}
