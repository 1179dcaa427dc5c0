import type { Meter } from "@opentelemetry/api";
import type { KeywardEvents } from "../events.ts";

/** Counts what is heard of now and then. None of it is told for requests that are simply admitted. */
export function countEvents(events: KeywardEvents, meter: Meter): void {
  const refusals = meter.createCounter("keyward.limit.refusals", {
    unit: "{request}",
    description: "Requests refused for a limit, by policy; one can be over several.",
  });
  events.on("refused", ({ violated }) => {
    for (const policy of violated) refusals.add(1, { "keyward.policy": policy });
  });

  const changes = meter.createCounter("keyward.key.changes", {
    unit: "{change}",
    description: "Acts on keys, in this process.",
  });
  const acts = ["created", "imported", "updated", "revoked", "regenerated", "rotated"] as const;
  for (const action of acts) events.on(`key.${action}`, () => changes.add(1, { "keyward.action": action }));

  const failures = meter.createCounter("keyward.store.failures", {
    unit: "{failure}",
    description: "Failures of the key store.",
  });
  events.on("store.failed", ({ during }) => failures.add(1, { "keyward.during": during }));

  let degraded = 0;
  events.on("limiter.degraded", () => void (degraded = 1));
  events.on("limiter.recovered", () => void (degraded = 0));
  meter
    .createObservableGauge("keyward.limiter.degraded", {
      description: "1 while the limiter makes do without its server.",
    })
    .addCallback((result) => result.observe(degraded));
}
