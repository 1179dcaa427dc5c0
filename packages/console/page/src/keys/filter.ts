import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import type { KeyFilter } from "../api/queries.ts";
import { mayBeKey } from "./whole-key.ts";

export const STATUSES = ["active", "paused", "expired", "revoked"] as const;
const ORDERS = ["newest", "name", "last-used"] as const;

/**
 * The filter of the list is kept in the address, so that links and the back button work. A search that may be a whole key is kept in
 * memory only.
 */
export function useFilter() {
  const [parameters, setParameters] = useSearchParams();
  const [privateSearch, setPrivateSearch] = useState("");
  const search = parameters.get("search") ?? "";

  function change(changes: Partial<KeyFilter>) {
    const isPrivate = changes.search !== undefined && mayBeKey(changes.search);
    if (changes.search !== undefined) setPrivateSearch(isPrivate ? changes.search : "");
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(isPrivate ? { ...changes, search: "" } : changes)) {
          if (value === "" || value === "newest") next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  }

  // An address that contains a key was made elsewhere. It is not kept.
  useEffect(() => {
    if (mayBeKey(search)) change({ search });
  });

  const filter: KeyFilter = {
    search: search === "" ? privateSearch : search,
    status: oneOf(STATUSES, parameters.get("status")) ?? "",
    plan: parameters.get("plan") ?? "",
    ownerId: parameters.get("ownerId") ?? "",
    order: oneOf(ORDERS, parameters.get("order")) ?? "newest",
  };
  return [filter, change] as const;
}

function oneOf<T extends string>(choices: readonly T[], value: string | null): T | undefined {
  return choices.find((choice) => choice === value);
}
