import { Check, Copy } from "lucide-react";
import { useState } from "react";

interface CopyButtonProps {
  readonly label: string;
  readonly text: () => string;
  readonly primary?: boolean;
}

export function CopyButton({ label, text, primary = false }: CopyButtonProps) {
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
      <button type="button" className={primary ? "primary" : ""} onClick={() => void copy()}>
        {outcome === "copied" ? <Check aria-hidden size={16} /> : <Copy aria-hidden size={16} />}
        {outcome === "copied" ? "Copied" : label}
      </button>
      <span role="status" className="visually-hidden">
        {outcome === "copied" && "Copied to the clipboard"}
      </span>
      {outcome === "failed" && (
        <span role="alert" className="error">
          The browser blocked the clipboard. Select the text and copy it manually.
        </span>
      )}
    </>
  );
}
