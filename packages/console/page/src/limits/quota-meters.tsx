import type { ApiKey } from "../api/client.ts";
import { count, dateTime, relativeTime } from "../ui/format.ts";
import { MeterBar } from "../ui/meter.tsx";
import { quotaUses } from "./limits-text.ts";

/** The use of every calendar quota of a key. */
export function QuotaMeters({ apiKey }: { readonly apiKey: ApiKey }) {
  const uses = quotaUses(apiKey);
  if (uses.length === 0) return null;
  const now = Date.now();
  return (
    <ul className="meters">
      {uses.map(({ policy, label, used, limit, resetMs }) => (
        <li key={policy}>
          <div>
            <strong>{label}</strong>
            <span>
              {count(used)} <span className="muted">of {count(limit)}</span>
            </span>
          </div>
          <MeterBar label={`${label} quota`} value={used} max={limit} />
          <p className="hint" title={dateTime(now + resetMs)}>
            {policy.startsWith("owner-") && "Shared by all keys of the owner. "}
            {used === 0 ? "Unused in this period" : `Resets ${relativeTime(now + resetMs, now)}`}
          </p>
        </li>
      ))}
    </ul>
  );
}
