import { useEffect } from "react";

const SECTION = "API keys";

/** Sets the title of the browser's tab. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = title === SECTION ? SECTION : `${title} · ${SECTION}`;
  }, [title]);
}
