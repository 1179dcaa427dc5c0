import { useState } from "react";

interface CopyButtonProps {
  readonly text: () => string;
  readonly label: string;
}

/** Copies what `text` gives when it is pressed, and says so. */
export function CopyButton({ text, label }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"" | "copied" | "failed">("");

  async function copy() {
    try {
      await navigator.clipboard.writeText(text());
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
  }

  return (
    <>
      <button type="button" className="primary" data-focus onClick={() => void copy()}>
        {outcome === "copied" ? "Copied" : label}
      </button>
      <span role="status" className="visually-hidden">
        {outcome === "copied" && "Copied to the clipboard"}
      </span>
      {outcome === "failed" && (
        <span role="alert" className="error">
          The browser did not allow it. Select the key and copy it by hand.
        </span>
      )}
    </>
  );
}
