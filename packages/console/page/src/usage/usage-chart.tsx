import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { UsagePeriod } from "../api/queries.ts";
import { count, dateFormat } from "../ui/format.ts";
import { useMediaQuery } from "../ui/media-query.ts";
import { slotLabel, STEP_MS, type Slot } from "./periods.ts";

const HEIGHT = 240;

interface UsageChartProps {
  readonly slots: readonly Slot[];
  readonly per: UsagePeriod["per"];
  readonly isUtc: boolean;
  /** Requests per day, where the chart shows days. */
  readonly quota: number | undefined;
  /** Receives the part of the chart that was selected by dragging, in milliseconds since the epoch. */
  readonly onZoom?: (from: number, to: number) => void;
}

/** Allowed and refused requests, stacked. The pointer, a finger and the arrow keys select a slot. */
export default function UsageChart({ slots, per, isUtc, quota, onZoom }: UsageChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const [active, setActive] = useState<number>();
  const isDark = useMediaQuery("(prefers-color-scheme: dark)");

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const plot = new uPlot(
      optionsOf(
        {
          slots,
          per,
          isUtc,
          quota,
          ...(zoom.current !== undefined && { onZoom: (from, to) => zoom.current?.(from, to) }),
        },
        element,
        setActive,
      ),
      dataOf(slots, per),
      element,
    );
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [slots, per, isUtc, quota, isDark]);

  function move(index: number) {
    const plot = chart.current;
    const slot = slots[index];
    if (plot === undefined || slot === undefined) return;
    plot.setCursor({ left: plot.valToPos(middleOf(slot, per), "x"), top: HEIGHT / 2 });
  }

  const slot = active === undefined ? undefined : slots[active];
  return (
    <figure className="chart">
      <div
        ref={frame}
        className="plot"
        role="slider"
        tabIndex={0}
        aria-label={`Requests by ${per}. Use the arrow keys to read values.`}
        aria-valuemin={0}
        aria-valuemax={slots.length - 1}
        aria-valuenow={active ?? slots.length - 1}
        aria-valuetext={slot === undefined ? "None selected" : describe(slot, per, isUtc)}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          move(Math.min(slots.length - 1, Math.max(0, (active ?? slots.length - 1) + step)));
        }}
        onPointerDown={(event) => moveTo(event, chart.current)}
        onPointerMove={(event) => moveTo(event, chart.current)}
      />
      <figcaption>{slot === undefined ? " " : describe(slot, per, isUtc)}</figcaption>
    </figure>
  );
}

/** uPlot follows the mouse only. */
function moveTo({ pointerType, clientX }: React.PointerEvent, plot: uPlot | undefined): void {
  if (pointerType === "mouse" || plot === undefined) return;
  plot.setCursor({ left: clientX - plot.over.getBoundingClientRect().left, top: HEIGHT / 2 });
}

/** Position of a slot's bar, in seconds since the epoch. */
function middleOf({ start }: Slot, per: UsagePeriod["per"]): number {
  return start / 1000 + STEP_MS[per] / 2000;
}

/** Seconds, the sum, and the allowed requests, which are drawn over the sum. */
function dataOf(slots: readonly Slot[], per: UsagePeriod["per"]): uPlot.AlignedData {
  return [
    slots.map((slot) => middleOf(slot, per)),
    slots.map(({ allowed, refused }) => allowed + refused || null),
    slots.map(({ allowed }) => allowed || null),
  ];
}

function optionsOf(
  { slots, per, isUtc, quota, onZoom }: UsageChartProps,
  element: HTMLElement,
  select: (index: number | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars?.({ size: [0.8, 48] });
  const axis = {
    stroke: color("--quiet"),
    grid: { stroke: color("--line"), width: 1 },
    font: "12px system-ui",
  };
  const highest = Math.max(1, ...slots.map(({ allowed, refused }) => allowed + refused));
  // A quota far above the use would flatten the bars.
  const line = quota !== undefined && quota <= highest * 8 ? quota : undefined;
  const series = (label: string, name: string) => ({
    label,
    fill: color(name),
    stroke: color(name),
    points: { show: false },
    ...(bars !== undefined && { paths: bars }),
  });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: onZoom !== undefined, y: false, setScale: false, dist: 8 } },
    tzDate: (seconds) =>
      isUtc || per === "day" ? uPlot.tzDate(new Date(seconds * 1000), "UTC") : new Date(seconds * 1000),
    scales: {
      x: { range: [(slots[0]?.start ?? 0) / 1000, (slots.at(-1)?.start ?? 0) / 1000 + STEP_MS[per] / 1000] },
      y: { range: [0, Math.max(highest, line ?? 0) * 1.1] },
    },
    axes: [
      {
        ...axis,
        size: 32,
        values: (_plot, ticks) => ticks.map((tick) => tickLabel(tick * 1000, isUtc || per === "day")),
      },
      {
        ...axis,
        size: 64,
        values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : "")),
      },
    ],
    series: [{}, series("Refused", "--refused"), series("Allowed", "--allowed")],
    hooks: {
      setCursor: [({ cursor }) => select(cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width === 0) return;
          const at = (x: number) => plot.posToVal(x, "x") * 1000;
          onZoom?.(at(left), at(left + width));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: line === undefined ? [] : [(plot) => drawQuota(plot, line, color("--text"))],
    },
  };
}

/** `14:00`, or the date at midnight. */
function tickLabel(time: number, isUtc: boolean): string {
  const timeZone = isUtc ? { timeZone: "UTC" } : {};
  const clock = dateFormat({
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...timeZone,
  }).format(time);
  if (clock !== "00:00") return clock;
  return dateFormat({ month: "short", day: "numeric", ...timeZone }).format(time);
}

function drawQuota(plot: uPlot, quota: number, stroke: string): void {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(quota, "y", true);
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.fillStyle = stroke;
  ctx.setLineDash([6, 6]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${12 * devicePixelRatio}px system-ui`;
  ctx.fillText(`${count(quota)} per day`, bbox.left + 8, y - 6);
  ctx.restore();
}

function describe(
  { start, allowed, refused, refusedBy }: Slot,
  per: UsagePeriod["per"],
  isUtc: boolean,
): string {
  const policies = Object.entries(refusedBy).map(([policy, times]) => `${policy} ${count(times)}`);
  const by = policies.length === 0 ? "" : ` (${policies.join(", ")})`;
  return `${slotLabel(start, per, isUtc)}: ${count(allowed)} allowed, ${count(refused)} refused${by}`;
}
