import type { ReactNode } from "react";
import { explain } from "../api/client.ts";
import { usePageTitle } from "./page-title.ts";

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="skeleton" role="status" aria-label={`Loading ${what}`}>
      <span />
      <span />
      <span />
    </div>
  );
}

interface FailedProps {
  readonly query: { readonly error: unknown; refetch(): unknown };
}

export function Failed({ query }: FailedProps) {
  return (
    <div className="state" role="alert">
      <p className="error">{explain(query.error)}</p>
      <button type="button" onClick={() => void query.refetch()}>
        Retry
      </button>
    </div>
  );
}

interface MissingProps {
  readonly title: string;
  /** A link to go on. */
  readonly children: ReactNode;
}

/** A page whose subject does not exist. */
export function Missing({ title, children }: MissingProps) {
  usePageTitle(title);
  return (
    <div className="state">
      <h1>{title}</h1>
      <p>{children}</p>
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
}

export function Empty({ title, children }: EmptyProps) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
