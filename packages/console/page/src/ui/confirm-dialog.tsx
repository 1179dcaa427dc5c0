import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type ReactNode, type RefObject } from "react";
import { explain } from "../api/client.ts";
import { Dialog } from "./dialog.tsx";

interface ConfirmDialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The label of the button, such as `Revoke key`. */
  readonly action: string;
  readonly danger?: boolean;
  /** Text to type before the button works. */
  readonly confirmText?: string | undefined;
  /** The element that gets the focus instead. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
  readonly perform: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before an operation. The focus begins on the safe button, or on the text to type. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, action, danger = false, confirmText, initialFocus, perform, onClose } = props;
  const focus = useRef<HTMLInputElement & HTMLButtonElement>(null);
  const [typed, setTyped] = useState("");
  const mutation = useMutation({ mutationFn: perform, onSuccess: onClose });
  const isConfirmed = confirmText === undefined || words(typed) === words(confirmText);
  return (
    <Dialog title={title} onClose={onClose} initialFocus={initialFocus ?? focus}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isConfirmed) mutation.mutate();
        }}
      >
        {children}
        {confirmText !== undefined && (
          <label className="field">
            <span>
              Type <strong>{confirmText}</strong> to confirm
            </span>
            <input
              ref={focus}
              value={typed}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
        )}
        {mutation.isError && (
          <p className="error" role="alert">
            {explain(mutation.error)}
          </p>
        )}
        <div className="actions">
          <button type="button" {...(confirmText === undefined && { ref: focus })} onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className={danger ? "danger" : "primary"}
            disabled={!isConfirmed || mutation.isPending}
          >
            {mutation.isPending ? "Working…" : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Browsers show several spaces as one, so that the number of spaces to type is not visible. */
function words(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}
