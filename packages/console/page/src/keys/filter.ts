import { useEffect, useState } from "react";
import { useSearchParams } from "wouter";
import type { KeyListFilter } from "../api/queries.ts";
import { mayBeKey } from "./whole-key.ts";

export const STATUSES = ["active", "paused", "expired", "revoked"] as const;
const ORDERS = ["newest", "name", "last-used"] as const;

/** Conditions that an operator looks for, and their labels. */
export const ATTENTIONS = [
  ["expiring", "Expires in 30 days"],
  ["unused", "Unused for 30 days"],
  ["overdue", "Rotation overdue"],
  ["near-quota", "Near a quota"],
] as const;

export const NO_FILTER = {
  search: "",
  status: "",
  attention: "",
  environment: "",
  scope: "",
  plan: "",
  ownerId: "",
} as const satisfies Omit<KeyListFilter, "order">;

export function isFiltered(filter: KeyListFilter): boolean {
  return (Object.keys(NO_FILTER) as (keyof typeof NO_FILTER)[]).some((name) => filter[name] !== "");
}

/**
 * The filter of the list is kept in the address, so that links and the back button work. A search that may be a whole key is kept in
 * memory only.
 */
export function useFilter() {
  const [parameters, setParameters] = useSearchParams();
  const [privateSearch, setPrivateSearch] = useState("");
  const search = parameters.get("search") ?? "";

  function change(chosen: Partial<KeyListFilter>) {
    const changes = withoutConflicts(chosen, filter.attention);
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

  const text = (name: "environment" | "scope" | "plan" | "ownerId") => parameters.get(name) ?? "";
  const attentions = ATTENTIONS.map(([name]) => name);
  const filter: KeyListFilter = {
    search: search === "" ? privateSearch : search,
    status: oneOf(STATUSES, parameters.get("status")) ?? "",
    attention: oneOf(attentions, parameters.get("attention")) ?? "",
    environment: text("environment"),
    scope: text("scope"),
    plan: text("plan"),
    ownerId: text("ownerId"),
    order: oneOf(ORDERS, parameters.get("order")) ?? "newest",
  };
  return [filter, change] as const;
}

/**
 * Adds the filters that a change removes, so that none is shown without effect. Attention is about active keys, and the keys near a quota can
 * be filtered only by owner.
 */
export function withoutConflicts(
  changes: Partial<KeyListFilter>,
  attention: KeyListFilter["attention"],
): Partial<KeyListFilter> {
  if (changes.attention === "near-quota") {
    return { search: "", status: "", plan: "", environment: "", scope: "", ...changes };
  }
  if ((changes.attention ?? "") !== "") return { status: "", ...changes };
  const { status = "", search = "", plan = "", environment = "", scope = "" } = changes;
  const filtersMore = search + plan + environment + scope !== "";
  const isInConflict = status !== "" || (attention === "near-quota" && filtersMore);
  return isInConflict ? { attention: "", ...changes } : changes;
}

function oneOf<T extends string>(choices: readonly T[], value: string | null): T | undefined {
  return choices.find((choice) => choice === value);
}
