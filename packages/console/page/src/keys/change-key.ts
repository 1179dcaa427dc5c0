import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, dataOf, isProblem, type ApiKey, type UpdateApiKey } from "../api/client.ts";
import { refreshKeys } from "../api/queries.ts";
import { useAct } from "../ui/act.ts";

/**
 * Changes a key as it was when somebody began to edit it. If somebody else was faster it is said so, and the next try
 * is meant for what they left.
 */
export function useChangeKey({ id, revision }: ApiKey, done: () => void) {
  const queries = useQueryClient();
  const { busy, failure, act } = useAct();
  const seen = useRef(revision);
  const [conflict, setConflict] = useState(false);

  function change(body: UpdateApiKey) {
    setConflict(false);
    void act(async () => {
      const params = { path: { id }, header: { "if-match": `"${seen.current}"` } };
      try {
        queries.setQueryData(["key", id], await dataOf(api.PATCH("/api-keys/{id}", { params, body })));
      } catch (error) {
        if (!isProblem(error) || error.code !== "key-changed") throw error;
        const current = await dataOf(api.GET("/api-keys/{id}", { params: { path: { id } } }));
        seen.current = current.revision;
        queries.setQueryData(["key", id], current);
        setConflict(true);
        return;
      }
      done();
      await refreshKeys(queries);
    });
  }

  return { busy, failure, conflict, change };
}
