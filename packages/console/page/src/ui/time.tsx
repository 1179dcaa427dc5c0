const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000_000],
  ["month", 2_592_000_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** How long ago, or in how long. */
export function ago(time: string | Date, now = Date.now()): string {
  const ms = new Date(time).getTime() - now;
  for (const [unit, size] of STEPS) {
    if (Math.abs(ms) >= size) return relative.format(Math.trunc(ms / size), unit);
  }
  return ms > 0 ? "in less than a minute" : "just now";
}

export function date(time: string): string {
  return absolute.format(new Date(time));
}

/** A time as people say it, with the exact one at hand. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={date(at)}>
      {ago(at)}
    </time>
  );
}
