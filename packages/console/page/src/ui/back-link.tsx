import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";

interface BackLinkProps {
  readonly href: string;
  readonly children: ReactNode;
}

/** Leads to a list. It goes back in the history where the list is the previous page, so that filters and position are kept. */
export function BackLink({ href, children }: BackLinkProps) {
  return (
    <p className="back">
      <Link
        href={href}
        onClick={(event) => {
          const state = history.state as { readonly fromList?: boolean } | null;
          if (state?.fromList !== true) return;
          event.preventDefault();
          history.back();
        }}
      >
        <ArrowLeft aria-hidden size={16} />
        {children}
      </Link>
    </p>
  );
}
