import { useSearchParams } from "wouter";
import type { KeyFilter } from "../api/queries.ts";

/** What the list is narrowed down by stands in the address, so that it can be gone back to and passed on. */
export function useFilter() {
  const [parameters, setParameters] = useSearchParams();
  const filter: KeyFilter = {
    search: parameters.get("search") ?? "",
    status: oneOf(["active", "expired", "revoked"], parameters.get("status")) ?? "",
    plan: parameters.get("plan") ?? "",
    order: oneOf(["newest", "name", "last-used"], parameters.get("order")) ?? "newest",
  };
  const change = (changes: Partial<KeyFilter>) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === "" || value === "newest") next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  return [filter, change] as const;
}

function oneOf<T extends string>(choices: readonly T[], value: string | null): T | undefined {
  return choices.find((choice) => choice === value);
}
