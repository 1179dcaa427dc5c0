import { lazy, Suspense, useMemo, useState } from "react";
import type { Limits } from "../api/client.ts";
import { useUsage, type UsagePeriod, type UsageOwner } from "../api/queries.ts";
import { download, toCsv } from "../ui/export.ts";
import { count, percent } from "../ui/format.ts";
import { Failed, Loading } from "../ui/states.tsx";
import {
  DAY_MS,
  DEFAULT_RANGE,
  periodBetween,
  periodOf,
  RANGES,
  slotsOf,
  type Range,
  type Slot,
} from "./periods.ts";
import { UsageBreakdown } from "./usage-breakdown.tsx";
import { UsageTable } from "./usage-table.tsx";

const UsageChart = lazy(() => import("./usage-chart.tsx"));

interface UsageSectionProps {
  readonly subject: UsageOwner;
  /** The limits that apply to the subject, if they are known. */
  readonly limits: Limits | undefined;
}

/** Allowed and refused requests over time: as a chart, as a table and as CSV. */
export function UsageSection({ subject, limits }: UsageSectionProps) {
  const [range, setRange] = useState<Range>(DEFAULT_RANGE);
  const [custom, setCustom] = useState<UsagePeriod>();
  const [isUtc, setUtc] = useState(true);
  // The period changes when a range is chosen, not with each render.
  const [hour, setHour] = useState(() => Date.now());
  const period = custom ?? periodOf(range, hour);
  const { from, to, per } = period;
  const query = useUsage(subject, period);
  // The chart is drawn again when its slots change.
  const slots = useMemo(
    () => query.data && slotsOf(query.data, { from, to, per }),
    [query.data, from, to, per],
  );
  return (
    <section aria-labelledby="usage">
      <div className="title">
        <h2 id="usage">Usage</h2>
        <div className="buttons">
          <fieldset className="switch">
            <legend className="visually-hidden">Period</legend>
            {RANGES.map((each) => (
              <label key={each.name}>
                <input
                  type="radio"
                  name="range"
                  checked={custom === undefined && range.name === each.name}
                  onChange={() => {
                    setRange(each);
                    setCustom(undefined);
                    setHour(Date.now());
                  }}
                />
                <span>{each.label}</span>
              </label>
            ))}
            <label>
              <input
                type="radio"
                name="range"
                checked={custom !== undefined}
                onChange={() => setCustom(period)}
              />
              <span>Custom</span>
            </label>
          </fieldset>
          {per !== "day" && (
            <label className="check">
              <input type="checkbox" checked={isUtc} onChange={(event) => setUtc(event.target.checked)} />
              UTC
            </label>
          )}
          <button
            type="button"
            disabled={slots === undefined}
            onClick={() => slots && download("usage.csv", "text/csv", csvOf(slots))}
          >
            Export CSV
          </button>
        </div>
      </div>
      {custom !== undefined && (
        <CustomPeriod key={custom.from + custom.to} period={custom} onChange={setCustom} />
      )}
      {query.isError && <Failed query={query} />}
      {slots === undefined && !query.isError && <Loading what="usage" />}
      {slots !== undefined && (
        <>
          <Totals slots={slots} />
          <Suspense fallback={<Loading what="the chart" />}>
            <UsageChart
              slots={slots}
              per={per}
              isUtc={isUtc}
              quota={per === "day" && isInUtc(limits) ? limits?.daily : undefined}
              onZoom={(start, end) => setCustom(periodBetween(start, end))}
            />
          </Suspense>
        </>
      )}
      {/* Always rendered, so that it stays open. */}
      <details hidden={slots === undefined}>
        <summary>Show as a table</summary>
        {slots !== undefined && <UsageTable slots={slots} per={per} isUtc={isUtc} />}
      </details>
      <UsageBreakdown subject={subject} period={period} slots={slots ?? []} />
    </section>
  );
}

interface CustomPeriodProps {
  readonly period: UsagePeriod;
  readonly onChange: (period: UsagePeriod) => void;
}

/** The first and the last day of a period, in UTC. */
function CustomPeriod({ period, onChange }: CustomPeriodProps) {
  const lastDay = new Date(new Date(period.to).getTime() - 1).toISOString().slice(0, 10);
  const [first, setFirst] = useState(period.from.slice(0, 10));
  const [last, setLast] = useState(lastDay);
  const isValid = first !== "" && last !== "" && first <= last;
  return (
    <form
      className="filters"
      onSubmit={(event) => {
        event.preventDefault();
        if (isValid) onChange(periodBetween(Date.parse(first), Date.parse(last) + DAY_MS));
      }}
    >
      <label className="inline">
        From
        <input type="date" value={first} required onChange={(event) => setFirst(event.target.value)} />
      </label>
      <label className="inline">
        to
        <input
          type="date"
          value={last}
          min={first}
          required
          onChange={(event) => setLast(event.target.value)}
        />
      </label>
      <button type="submit">Show</button>
      <span className="hint">Days in UTC. Drag over the chart to zoom in.</span>
    </form>
  );
}

/** A quota of days in another time zone is not a limit of UTC days. */
function isInUtc(limits: Limits | undefined): boolean {
  return (limits?.timeZone ?? "UTC") === "UTC";
}

function Totals({ slots }: { readonly slots: readonly Slot[] }) {
  const total = (of: (slot: Slot) => number) => slots.reduce((sum, slot) => sum + of(slot), 0);
  const allowed = total((slot) => slot.allowed);
  const refused = total((slot) => slot.refused);
  const cost = total((slot) => slot.cost);
  const observed = total((slot) => slot.observed);
  return (
    <dl className="totals" aria-label="Totals of the period">
      <div>
        <dt>
          <i className="swatch allowed" aria-hidden /> Allowed
        </dt>
        <dd>{count(allowed)} requests</dd>
      </div>
      <div>
        <dt>
          <i className="swatch refused" aria-hidden /> Refused
        </dt>
        <dd>
          {count(refused)} requests
          {refused > 0 && ` (${percent(refused, allowed + refused)})`}
        </dd>
      </div>
      {cost !== allowed && (
        <div>
          <dt>Cost</dt>
          <dd>{count(cost)} units</dd>
        </div>
      )}
      {observed > 0 && (
        <div>
          <dt>Over a limit, observed only</dt>
          <dd>{count(observed)} requests</dd>
        </div>
      )}
    </dl>
  );
}

function csvOf(slots: readonly Slot[]): string {
  const policies = [...new Set(slots.flatMap(({ refusedBy }) => Object.keys(refusedBy)))];
  return toCsv([
    ["start", "allowed", "refused", "cost", "observed", ...policies.map((policy) => `refused by ${policy}`)],
    ...slots.map(({ start, allowed, refused, cost, observed, refusedBy }) => [
      new Date(start).toISOString(),
      allowed,
      refused,
      cost,
      observed,
      ...policies.map((policy) => refusedBy[policy] ?? 0),
    ]),
  ]);
}
