import type { ReactNode } from "react";
import { explain } from "../api/client.ts";

/** What is shown in place of what is not there yet, or not at all. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p className="state" role="status">
      <span className="spinner" aria-hidden="true" /> Loading {what} …
    </p>
  );
}

interface FailedProps {
  /** What failed, and can be asked again. */
  readonly query: { readonly error: unknown; refetch(): unknown };
}

export function Failed({ query }: FailedProps) {
  return (
    <div className="state" role="alert">
      <p className="error">{explain(query.error)}</p>
      <button type="button" onClick={() => void query.refetch()}>
        Try again
      </button>
    </div>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
