interface ScopesFieldProps {
  readonly initial: readonly string[];
  readonly invalid: boolean;
  /** The id of a text that explains the field. */
  readonly describedBy?: string;
}

/** The scopes of a key. Its value is read with `scopesOf`. */
export function ScopesField({ initial, invalid, describedBy }: ScopesFieldProps) {
  return (
    <label className="field">
      <span>Scopes</span>
      <input
        name="scopes"
        autoComplete="off"
        spellCheck={false}
        defaultValue={initial.join(" ")}
        placeholder="reports:read reports:write"
        aria-describedby={describedBy}
        aria-invalid={invalid}
      />
    </label>
  );
}
