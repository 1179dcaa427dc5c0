import { count } from "../ui/format.ts";
import type { UsagePeriod } from "../api/queries.ts";
import { slotLabel, type Slot } from "./periods.ts";

interface UsageTableProps {
  readonly slots: readonly Slot[];
  readonly per: UsagePeriod["per"];
  readonly isUtc: boolean;
}

const HEADINGS = { minute: "Minute", hour: "Hour", day: "Day" } as const;

/** The numbers of the chart, newest first. Slots without any use are left out. */
export function UsageTable({ slots, per, isUtc }: UsageTableProps) {
  const used = slots.filter(({ allowed, refused }) => allowed > 0 || refused > 0).toReversed();
  if (used.length === 0) return <p className="hint">No requests in this period.</p>;
  return (
    // Focusable, so that it can be scrolled by keyboard where the page is narrow.
    <div className="scroll" role="region" aria-label={`Usage by ${per}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{HEADINGS[per]}</th>
            <th scope="col">Allowed</th>
            <th scope="col">Refused</th>
            <th scope="col">Refused by</th>
          </tr>
        </thead>
        <tbody>
          {used.map(({ start, allowed, refused, refusedBy }) => (
            <tr key={start}>
              <th scope="row">{slotLabel(start, per, isUtc)}</th>
              <td>{count(allowed)}</td>
              <td>{count(refused)}</td>
              <td>
                {Object.entries(refusedBy)
                  .map(([policy, times]) => `${policy} ${count(times)}`)
                  .join(", ") || "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
