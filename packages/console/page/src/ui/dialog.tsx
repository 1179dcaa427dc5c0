import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode, RefObject } from "react";

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Absent for a dialog that can be closed only by its own buttons. */
  readonly onClose?: (() => void) | undefined;
  readonly wide?: boolean;
  /** The element that gets the focus. Default: the first that can have it. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
}

/** A modal dialog: it traps the focus, locks scrolling, and returns the focus when it closes. */
export function Dialog({ title, children, onClose, wide = false, initialFocus }: DialogProps) {
  return (
    <Base.Root open disablePointerDismissal onOpenChange={(open) => !open && onClose?.()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup
          className={wide ? "dialog wide" : "dialog"}
          {...(initialFocus !== undefined && { initialFocus })}
        >
          <header>
            <Base.Title>{title}</Base.Title>
            {onClose !== undefined && (
              <Base.Close className="icon" aria-label="Close">
                <X aria-hidden size={18} />
              </Base.Close>
            )}
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
