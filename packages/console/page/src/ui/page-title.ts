import { useContext, useEffect } from "react";
import { SessionContext } from "../session.ts";

/** Sets the title of the browser's tab. */
export function usePageTitle(title: string): void {
  const section = useContext(SessionContext)?.messages.apiKeys ?? "API keys";
  useEffect(() => {
    document.title = title === section ? section : `${title} · ${section}`;
  }, [title, section]);
}
