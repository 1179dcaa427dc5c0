import {
  createContext,
  lazy,
  Suspense,
  useCallback,
  useContext,
  useMemo,
  useState,
  type ReactNode,
} from "react";
import type { CreatedKey } from "../api/client.ts";

/** Loads the dialog that shows a key. Called before a key is created, so that there is no key that cannot be shown. */
export async function loadRevealDialog() {
  return { default: (await import("../later.ts")).RevealDialog };
}

const RevealDialog = lazy(loadRevealDialog);

const RevealContext = createContext<(created: CreatedKey) => void>(() => undefined);

/** Shows a new key, once. */
export function useReveal(): (created: CreatedKey) => void {
  return useContext(RevealContext);
}

/** Holds the key that is shown. It is above the session and the routes, so that neither their end nor the back button lose the key. */
export function RevealProvider({ children }: { readonly children: ReactNode }) {
  const [created, setCreated] = useState<CreatedKey>();
  const close = useCallback(() => setCreated(undefined), []);
  const dialog = useMemo(
    () =>
      created === undefined ? null : (
        <Suspense>
          <RevealDialog created={created} onClose={close} />
        </Suspense>
      ),
    [created, close],
  );
  return (
    <RevealContext value={setCreated}>
      {children}
      {dialog}
    </RevealContext>
  );
}
