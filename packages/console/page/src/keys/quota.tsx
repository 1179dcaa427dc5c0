import type { ApiKey } from "../api/client.ts";
import { count } from "../ui/count.ts";
import { ago } from "../ui/time.tsx";

/** Today's use against the day's limit. */
export function Quota({ apiKey: { today, limits } }: { readonly apiKey: ApiKey }) {
  if (today === null) return <span className="muted">–</span>;
  const part = Math.min(1, today.used / limits.daily);
  const level = part >= 1 ? "spent" : part >= 0.8 ? "high" : "";
  return (
    <span className="quota" title={`Starts anew ${ago(today.resetAt)}`}>
      <span>
        {count(today.used)} <span className="muted">of {count(limits.daily)}</span>
      </span>
      <progress className={level} value={today.used} max={limits.daily} aria-label="Today's use" />
    </span>
  );
}
