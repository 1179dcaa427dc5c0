import { AxisBottom, AxisLeft } from "@visx/axis";
import { scaleBand, scaleLinear } from "@visx/scale";
import { Bar, Line } from "@visx/shape";
import { useId, useState } from "react";
import { count } from "../ui/count.ts";
import { useWidth } from "../ui/use-width.ts";
import { Legend, Patterns } from "./plot-legend.tsx";
import { POLICIES, type Per, type Slot } from "./periods.ts";

const HEIGHT = 300;
const LEFT = 52;
const RIGHT = 8;
const TOP = 16;
/** The admitted above, the refused below, with the times between them. */
const MIDDLE = 190;
const BELOW = 216;
const BOTTOM = HEIGHT - 8;
/** What is used next to nothing of the limit would be invisible beside its line. */
const SMALLEST_PART_OF_LIMIT = 1 / 8;

interface UsagePlotProps {
  readonly slots: readonly Slot[];
  readonly per: Per;
  /** The key's limit of a day. */
  readonly limit: number;
}

/** Admitted above, refused by policy below. Told apart by colours that colour-blind people can, and by patterns. */
export function UsagePlot({ slots, per, limit }: UsagePlotProps) {
  const [frame, width] = useWidth();
  const [active, setActive] = useState<number>();
  const id = useId();
  const most = Math.max(...slots.map(({ admitted }) => admitted), 1);
  const showLimit = most >= limit * SMALLEST_PART_OF_LIMIT;
  const mostRefused = Math.max(...slots.flatMap((slot) => POLICIES.map((policy) => slot[policy])), 1);

  const x = scaleBand({
    domain: slots.map((_, index) => index),
    range: [LEFT, Math.max(LEFT + 1, width - RIGHT)],
    padding: 0.2,
  });
  const up = scaleLinear({
    domain: [0, Math.max(most, showLimit ? limit : 0) * 1.05],
    range: [MIDDLE, TOP],
    nice: true,
  });
  const down = scaleLinear({ domain: [0, mostRefused], range: [BELOW, BOTTOM], nice: true });
  const every = Math.max(1, Math.ceil(slots.length / Math.max(2, (width - LEFT) / 64)));
  const total = (of: (slot: Slot) => number) => slots.reduce((sum, slot) => sum + of(slot), 0);
  const summary =
    `${count(total(({ admitted }) => admitted))} admitted and ${count(total(({ refused }) => refused))} refused ` +
    `in the last ${per === "hour" ? "24 hours" : "30 days"}; the daily limit is ${count(limit)}.`;
  const ticks = (value: unknown) => (Number.isInteger(Number(value)) ? count(Number(value)) : "");

  return (
    <figure className="plot" ref={frame}>
      <Legend />
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={summary}
        onPointerLeave={() => setActive(undefined)}
      >
        <Patterns id={id} />
        {slots.map((slot, index) => (
          <g key={slot.start.getTime()} onPointerEnter={() => setActive(index)}>
            <rect
              className={index === active ? "slot active" : "slot"}
              x={x(index) ?? 0}
              y={TOP}
              width={x.bandwidth()}
              height={BOTTOM - TOP}
            />
            <Bar
              className="admitted"
              x={x(index) ?? 0}
              y={up(slot.admitted)}
              width={x.bandwidth()}
              height={MIDDLE - up(slot.admitted)}
            />
            {POLICIES.map((policy, nth) => (
              <Bar
                key={policy}
                x={(x(index) ?? 0) + (x.bandwidth() / POLICIES.length) * nth}
                y={BELOW}
                width={x.bandwidth() / POLICIES.length}
                height={down(slot[policy]) - BELOW}
                fill={`url(#${id}${policy})`}
              />
            ))}
          </g>
        ))}
        {showLimit && (
          <Line className="limit" from={{ x: LEFT, y: up(limit) }} to={{ x: width - RIGHT, y: up(limit) }} />
        )}
        <AxisLeft scale={up} left={LEFT} numTicks={4} tickFormat={ticks} hideTicks axisClassName="axis" />
        <AxisLeft scale={down} left={LEFT} numTicks={2} tickFormat={ticks} hideTicks axisClassName="axis" />
        <AxisBottom
          scale={x}
          top={MIDDLE}
          hideTicks
          axisClassName="axis"
          tickValues={slots.map((_, index) => index).filter((index) => index % every === 0)}
          tickFormat={(index) => slots[Number(index)]?.label ?? ""}
          tickLabelProps={{ dy: "-0.1em", textAnchor: "middle" }}
        />
      </svg>
      <p className="readout">
        {active === undefined ? summary : readout(slots[active] as Slot, per)}
        {!showLimit && active === undefined && " Its line is far above this plot."}
      </p>
    </figure>
  );
}

function readout(slot: Slot, per: Per): string {
  const { label, admitted, refused, sustained, burst, daily } = slot;
  const by = `${count(sustained)} by sustained, ${count(burst)} by burst, ${count(daily)} by daily`;
  return `${label}${per === "hour" ? " UTC" : ""}: ${count(admitted)} admitted, ${count(refused)} refused (${by}).`;
}
