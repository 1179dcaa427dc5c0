interface FormActionsProps {
  /** What is done, and what is said while it is. */
  readonly act: string;
  readonly acting: string;
  readonly busy: boolean;
  readonly onCancel: () => void;
  /** Whether the act cannot be undone. */
  readonly danger?: boolean;
  /** Whether something is still missing. */
  readonly incomplete?: boolean;
  /** Whether it is what has the focus first. */
  readonly focus?: boolean;
}

/** The end of a dialog: to do what it asks, or not. */
export function FormActions({
  act,
  acting,
  busy,
  onCancel,
  danger = false,
  incomplete = false,
  focus = false,
}: FormActionsProps) {
  return (
    <div className="actions">
      <button
        type="submit"
        className={danger ? "danger" : "primary"}
        disabled={busy || incomplete}
        data-focus={focus || undefined}
      >
        {busy ? `${acting} …` : act}
      </button>
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
