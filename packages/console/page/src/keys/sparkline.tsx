import { count } from "../ui/format.ts";

const WIDTH = 8;
const GAP = 2;
const HEIGHT = 20;

/** The requests of the last days as bars, today last. */
export function Sparkline({ days }: { readonly days: readonly number[] }) {
  const highest = Math.max(1, ...days);
  const total = days.reduce((sum, day) => sum + day, 0);
  const text = `${count(total)} requests in 7 days`;
  return (
    <svg
      className="sparkline"
      role="img"
      aria-label={text}
      width={days.length * (WIDTH + GAP) - GAP}
      height={HEIGHT}
    >
      <title>{text}</title>
      {days.map((day, index) => {
        const height = day === 0 ? 1 : Math.max(2, Math.round((day / highest) * HEIGHT));
        return (
          <rect
            // Days have no other identity than their place.
            key={`${index}`}
            className={day === 0 ? "none" : ""}
            x={index * (WIDTH + GAP)}
            y={HEIGHT - height}
            width={WIDTH}
            height={height}
          />
        );
      })}
    </svg>
  );
}
