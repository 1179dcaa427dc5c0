import { Tabs } from "@base-ui/react/tabs";
import { useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import type { CreatedKey } from "../api/client.ts";
import { refreshAll, sessionQuery } from "../api/queries.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { download } from "../ui/export.ts";
import { TestKey } from "./test-key.tsx";
import { snippetsFor } from "./snippets.ts";

interface RevealDialogProps {
  readonly created: CreatedKey;
  readonly onClose: () => void;
}

/**
 * The one time that a key is shown. It is written directly into the page, and removed from it and from the response of the server when
 * the dialog is closed or the page is left, so that neither React nor a cache keeps a copy.
 */
export function RevealDialog({ created, onClose }: RevealDialogProps) {
  const output = useRef<HTMLDivElement>(null);
  const done = useRef<HTMLButtonElement>(null);
  const queries = useQueryClient();
  const { keyFrom = ["x-api-key"], apiUrl = null } = queries.getQueryData(sessionQuery.queryKey) ?? {};
  const snippets = snippetsFor(keyFrom[0] ?? "x-api-key", apiUrl ?? "https://api.example.com/");
  const { name, masked } = created.key;
  const read = () => output.current?.textContent ?? "";

  const wipe = useCallback(() => {
    created.secret = "";
    if (output.current !== null) output.current.textContent = "";
  }, [created]);

  const show = useCallback(
    (element: HTMLDivElement | null) => {
      output.current = element;
      if (element !== null) element.textContent = created.secret;
    },
    [created],
  );

  useEffect(() => {
    const confirmLeaving = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", confirmLeaving);
    addEventListener("pagehide", wipe);
    return () => {
      removeEventListener("beforeunload", confirmLeaving);
      removeEventListener("pagehide", wipe);
    };
  }, [created, wipe]);

  function close() {
    wipe();
    onClose();
    void refreshAll(queries);
  }

  return (
    <Dialog title="Copy your API key" wide initialFocus={done}>
      <p className="notice warn">
        Copy the key <strong>{name}</strong> now. You won’t be able to see it again.
      </p>
      {/* Focusable, so that it can be selected and scrolled by keyboard. */}
      <div
        className="secret"
        ref={show}
        role="textbox"
        aria-readonly
        aria-label="API key"
        tabIndex={0}
        translate="no"
      />
      <div className="actions start">
        <CopyButton label="Copy key" text={read} primary />
        <CopyButton label="Copy as .env" text={() => `API_KEY=${read()}`} />
        <button
          type="button"
          onClick={() => download(`${fileName(name)}.env`, "text/plain", `API_KEY=${read()}\n`)}
        >
          <Download aria-hidden size={16} />
          Download
        </button>
      </div>
      <Tabs.Root defaultValue="curl" className="tabs-box">
        <Tabs.List className="tab-list" aria-label="Example request">
          {snippets.map(([language]) => (
            <Tabs.Tab key={language} value={language}>
              {language}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map(([language, snippet]) => (
          <Tabs.Panel key={language} value={language}>
            <pre tabIndex={0}>{snippet(masked)}</pre>
          </Tabs.Panel>
        ))}
      </Tabs.Root>
      <TestKey key={created.key.id} read={read} />
      <div className="actions">
        <button type="button" ref={done} onClick={close}>
          I have saved the key
        </button>
      </div>
    </Dialog>
  );
}

function fileName(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, "-").slice(0, 60) || "api-key";
}
