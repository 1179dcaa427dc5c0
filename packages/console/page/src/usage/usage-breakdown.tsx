import { useState } from "react";
import { useTags, type UsageOwner, type UsagePeriod } from "../api/queries.ts";
import { policyLabel } from "../limits/limits-text.ts";
import { count } from "../ui/format.ts";
import { Failed, Loading } from "../ui/states.tsx";
import type { Slot } from "./periods.ts";

interface UsageBreakdownProps {
  readonly subject: UsageOwner;
  readonly period: UsagePeriod;
  readonly slots: readonly Slot[];
}

/** The usage of a period by tag, and its refusals by policy. */
export function UsageBreakdown({ subject, period, slots }: UsageBreakdownProps) {
  const [isOpen, setOpen] = useState(false);
  const tags = useTags(subject, period, isOpen);
  const policies = new Map<string, number>();
  for (const { refusedBy } of slots) {
    for (const [policy, times] of Object.entries(refusedBy)) {
      policies.set(policy, (policies.get(policy) ?? 0) + times);
    }
  }
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>By tag and policy</summary>
      {tags.isError && <Failed query={tags} />}
      {tags.isLoading && <Loading what="usage by tag" />}
      <div className="side-by-side">
        {tags.data !== undefined && (
          <CountTable
            label="Usage by tag"
            columns={["Tag", "Allowed", "Refused", "Cost"]}
            rows={sumByTag(tags.data)}
          />
        )}
        {isOpen && (
          <CountTable
            label="Refusals by policy"
            columns={["Policy", "Refused"]}
            rows={[...policies]
              .toSorted(([, a], [, b]) => b - a)
              .map(([policy, times]) => [policyLabel(policy), times])}
          />
        )}
      </div>
    </details>
  );
}

type CountRow = readonly [string, ...number[]];

function sumByTag(rows: readonly (Pick<Slot, "refused" | "cost"> & TagCounts)[]): readonly CountRow[] {
  const sums = new Map<string, [number, number, number]>();
  for (const { tag = "No tag", admitted, refused, cost } of rows) {
    const [allowedBefore, refusedBefore, costBefore] = sums.get(tag) ?? [0, 0, 0];
    sums.set(tag, [allowedBefore + admitted, refusedBefore + refused, costBefore + cost]);
  }
  return [...sums]
    .toSorted(([, a], [, b]) => b[0] + b[1] - a[0] - a[1])
    .map(([tag, counts]) => [tag, ...counts]);
}

interface TagCounts {
  readonly tag?: string;
  readonly admitted: number;
}

interface CountTableProps {
  readonly label: string;
  readonly columns: readonly string[];
  readonly rows: readonly CountRow[];
}

function CountTable({ label, columns, rows }: CountTableProps) {
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 && (
            <tr>
              <td colSpan={columns.length} className="muted">
                None in this period
              </td>
            </tr>
          )}
          {rows.map(([name, ...counts]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {counts.map((value, index) => (
                <td key={columns[index + 1]}>{count(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
