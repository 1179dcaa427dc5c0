import { useState } from "react";
import { useActFailed } from "../api/queries.ts";

/** Something that is being done, or could not be. What it gives is kept nowhere: it may be a key. */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const failed = useActFailed();

  async function act(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
    } catch (error) {
      failed(error);
      setFailure(error);
    } finally {
      setBusy(false);
    }
  }

  return { busy, failure, act };
}
