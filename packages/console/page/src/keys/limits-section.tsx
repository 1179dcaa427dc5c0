import { useState } from "react";
import type { ApiKey } from "../api/client.ts";
import { useActing } from "../session.ts";
import { count } from "../ui/count.ts";
import { LimitsDialog } from "./limits-dialog.tsx";

/** What a key is held to, and whose limits those are. */
export function LimitsSection({ apiKey }: { readonly apiKey: ApiKey }) {
  const canGrant = useActing().ownerId === null;
  const [editing, setEditing] = useState(false);
  const { rate, burst, daily } = apiKey.limits;
  return (
    <section aria-labelledby="limits-of-key">
      <div className="title">
        <h2 id="limits-of-key">Limits</h2>
        {canGrant && apiKey.status !== "revoked" && (
          <button type="button" onClick={() => setEditing(true)}>
            Change limits
          </button>
        )}
      </div>
      <dl className="figures">
        <div>
          <dt>Sustained</dt>
          <dd>
            {count(rate)} <span className="muted">a second</span>
          </dd>
        </div>
        <div>
          <dt>Burst</dt>
          <dd>
            {count(burst)} <span className="muted">in any second</span>
          </dd>
        </div>
        <div>
          <dt>Daily</dt>
          <dd>
            {count(daily)} <span className="muted">a UTC day</span>
          </dd>
        </div>
      </dl>
      <p className="hint">
        {apiKey.ownLimits === null ? `The limits of the plan “${apiKey.plan}”.` : "Limits of this key's own."}
      </p>
      {editing && <LimitsDialog apiKey={apiKey} onClose={() => setEditing(false)} />}
    </section>
  );
}
