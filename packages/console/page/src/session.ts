import { createContext, useContext } from "react";
import type { Session } from "./api/client.ts";

export const SessionContext = createContext<Session | undefined>(undefined);

/** Who is acting, and what new keys can be. There on every page behind the sign-in. */
export function useActing(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("Nobody is signed in here.");
  return session;
}
