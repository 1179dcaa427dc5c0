import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import type { CreatedKey } from "../api/client.ts";
import { refreshKeys } from "../api/queries.ts";
import { useActing } from "../session.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";

interface ShownOnceProps {
  readonly created: CreatedKey;
  readonly onClose: () => void;
}

/**
 * The one time that a key is shown. It is written straight into the page, and wiped from it, and from what the server
 * answered, when this is closed or the page is left: neither React nor a cache keeps a copy.
 */
export function ShownOnce({ created, onClose }: ShownOnceProps) {
  const shown = useRef<HTMLElement>(null);
  const queries = useQueryClient();
  const { header } = useActing();
  const { name } = created.key;

  const wipe = useCallback(() => {
    created.secret = "";
    if (shown.current !== null) shown.current.textContent = "";
  }, [created]);

  useEffect(() => {
    if (shown.current !== null) shown.current.textContent = created.secret;
    // Whoever comes back to the page must not find it there.
    addEventListener("pagehide", wipe);
    return () => removeEventListener("pagehide", wipe);
  }, [created, wipe]);

  function close() {
    wipe();
    void refreshKeys(queries);
    onClose();
  }

  return (
    <Dialog title="Copy your API key now" dismissable={false} onClose={close}>
      <p className="notice warn">
        This is the only time that <strong>{name}</strong> is shown: nobody can show it to you again. Put it
        where you keep your passwords.
      </p>
      {/* Focusable, so that it can be selected and scrolled by keyboard. */}
      <p className="secret">
        <code ref={shown} tabIndex={0} aria-label="API key" translate="no" />
      </p>
      <p className="muted">
        Send it as the header <code>{header}</code>, over HTTPS only.
      </p>
      <div className="actions">
        <CopyButton label="Copy key" text={() => shown.current?.textContent ?? ""} />
        <button type="button" onClick={close}>
          I have stored it
        </button>
      </div>
    </Dialog>
  );
}
