import { count } from "../ui/count.ts";
import type { Per, Slot } from "./periods.ts";

interface UsageTableProps {
  readonly slots: readonly Slot[];
  readonly per: Per;
}

/** The numbers behind the plot, newest first; hours or days without any use are left out. */
export function UsageTable({ slots, per }: UsageTableProps) {
  const used = slots.filter(({ admitted, refused }) => admitted > 0 || refused > 0).toReversed();
  if (used.length === 0) return <p className="hint">No use in this time.</p>;
  return (
    // Focusable, so that it can be scrolled by keyboard where the page is narrow.
    <div className="scroll" role="region" aria-label={`Usage by ${per}, scrollable`} tabIndex={0}>
      <table className="usage" aria-label={`Usage by ${per}`}>
        <thead>
          <tr>
            <th scope="col">{per === "hour" ? "Hour (UTC)" : "Day (UTC)"}</th>
            <th scope="col">Admitted</th>
            <th scope="col">Refused</th>
            <th scope="col">by sustained</th>
            <th scope="col">by burst</th>
            <th scope="col">by daily</th>
          </tr>
        </thead>
        <tbody>
          {used.map((slot) => (
            <tr key={slot.start.getTime()}>
              <th scope="row">{slot.label}</th>
              {[slot.admitted, slot.refused, slot.sustained, slot.burst, slot.daily].map((value, column) => (
                // Columns have no identity but their place.
                // oxlint-disable-next-line react/no-array-index-key
                <td key={column}>{count(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
