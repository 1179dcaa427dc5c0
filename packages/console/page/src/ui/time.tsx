import { dateTime, relativeTime } from "./format.ts";

/** A relative time with the exact one as its title. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={dateTime(at)}>
      {relativeTime(at)}
    </time>
  );
}
