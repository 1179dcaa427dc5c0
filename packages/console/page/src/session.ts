import { createContext, useContext } from "react";
import type { Session } from "./api/client.ts";

export const SessionContext = createContext<Session | undefined>(undefined);

/** The principal, its permissions, and the choices for keys. */
export function useSessionInfo(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("This component needs a session.");
  return session;
}
