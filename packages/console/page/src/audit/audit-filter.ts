import type { AuditListFilter } from "../api/queries.ts";

/** The fields of the filter, as parameters of the page's address. Days are those of the browser's time zone, as the times of the list. */
export const AUDIT_FIELDS = ["action", "actor", "keyId", "ownerId", "from", "to"] as const;

/** Values that cannot be valid are left out. */
export function filterOf(parameters: URLSearchParams): AuditListFilter {
  const { from, to, ...fields } = Object.fromEntries(
    AUDIT_FIELDS.flatMap((name) => {
      const value = parameters.get(name);
      return value === null || value === "" ? [] : [[name, value]];
    }),
  ) as Partial<Record<(typeof AUDIT_FIELDS)[number], string>>;
  const start = dayStart(from, 0);
  const end = dayStart(to, 1);
  return {
    ...(fields as AuditListFilter),
    ...(start !== undefined && { from: start }),
    ...(end !== undefined && { to: end }),
  };
}

/** The time at which a day begins, a number of days later. */
function dayStart(day: string | undefined, daysLater: number): string | undefined {
  const time = new Date(`${day}T00:00`);
  if (Number.isNaN(time.getTime())) return undefined;
  time.setDate(time.getDate() + daysLater);
  return time.toISOString();
}
