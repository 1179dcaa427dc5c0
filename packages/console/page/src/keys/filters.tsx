import { useEffect, useRef, useState } from "react";
import type { KeyFilter } from "../api/queries.ts";
import { useActing } from "../session.ts";

const TYPING_MS = 250;

interface FiltersProps {
  readonly filter: KeyFilter;
  readonly change: (changes: Partial<KeyFilter>) => void;
}

/** What the list can be narrowed down and sorted by. */
export function Filters({ filter, change }: FiltersProps) {
  const { plans } = useActing();
  const [typed, setTyped] = useState(filter.search);
  const asked = useRef(filter.search);
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);

  /** Asked for when somebody stops typing. */
  function type(text: string) {
    setTyped(text);
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => {
      asked.current = text.trim();
      change({ search: asked.current });
    }, TYPING_MS);
  }

  useEffect(() => () => clearTimeout(waiting.current), []);

  // A link, a button or the way back may ask for something else than what was typed.
  useEffect(() => {
    if (filter.search === asked.current) return;
    clearTimeout(waiting.current);
    asked.current = filter.search;
    setTyped(filter.search);
  }, [filter.search]);

  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label className="field grow">
        <span>Search</span>
        <input
          type="search"
          value={typed}
          placeholder="Name, owner, or end of the key"
          onChange={(event) => type(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Status</span>
        <select
          value={filter.status}
          onChange={(event) => change({ status: event.target.value as KeyFilter["status"] })}
        >
          <option value="">All</option>
          <option value="active">Active</option>
          <option value="expired">Expired</option>
          <option value="revoked">Revoked</option>
        </select>
      </label>
      {plans.length > 1 && (
        <label className="field">
          <span>Plan</span>
          <select value={filter.plan} onChange={(event) => change({ plan: event.target.value })}>
            <option value="">All</option>
            {plans.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <label className="field">
        <span>Sort by</span>
        <select
          value={filter.order}
          onChange={(event) => change({ order: event.target.value as KeyFilter["order"] })}
        >
          <option value="newest">Newest</option>
          <option value="name">Name</option>
          <option value="last-used">Last used</option>
        </select>
      </label>
    </form>
  );
}
