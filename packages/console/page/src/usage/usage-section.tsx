import { useState } from "react";
import type { ApiKey } from "../api/client.ts";
import { useUsage } from "../api/queries.ts";
import { Failed, Loading } from "../ui/states.tsx";
import { periodOf, slotsOf, type Per } from "./periods.ts";
import { UsagePlot } from "./usage-plot.tsx";
import { UsageTable } from "./usage-table.tsx";

/** What a key was used for: plotted, and as a table. */
export function UsageSection({ apiKey }: { readonly apiKey: ApiKey }) {
  const [per, setPer] = useState<Per>("hour");
  const period = periodOf(per, Date.now());
  const usage = useUsage(apiKey.id, period);
  const slots = usage.data === undefined ? undefined : slotsOf(usage.data, period);
  return (
    <section aria-labelledby="usage-of-key">
      <div className="title">
        <h2 id="usage-of-key">Usage</h2>
        <fieldset className="switch">
          <legend className="visually-hidden">Show usage by</legend>
          {(["hour", "day"] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="per" checked={per === each} onChange={() => setPer(each)} />
              <span>{each === "hour" ? "24 hours" : "30 days"}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {usage.isError && <Failed query={usage} />}
      {slots === undefined && !usage.isError && <Loading what="usage" />}
      {slots !== undefined && <UsagePlot slots={slots} per={per} limit={apiKey.limits.daily} />}
      {/* There all the time, so that it stays open. */}
      <details hidden={slots === undefined}>
        <summary>The same as a table</summary>
        {slots !== undefined && <UsageTable slots={slots} per={per} />}
      </details>
    </section>
  );
}
