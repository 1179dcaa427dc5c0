import type { Meter } from "@opentelemetry/api";
import type { KeywardEvents } from "../events.ts";

/** Counts what happens to requests and keys. */
export function countEvents(events: KeywardEvents, meter: Meter): void {
  const spent = meter.createCounter("keyward.admission.cost", {
    unit: "{request}",
    description: "What admitted requests cost together.",
  });
  // An inner mount's event has what it adds to the outer's, so that a request is counted once.
  events.on("admitted", ({ cost, plan }) => spent.add(cost, { "keyward.plan": plan }));

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
  const acts = ["created", "imported", "updated", "paused", "resumed", "revoked", "rotated"] as const;
  for (const action of acts) events.on(`key.${action}`, () => changes.add(1, { "keyward.action": action }));

  const failures = meter.createCounter("keyward.store.failures", {
    unit: "{failure}",
    description: "Failures of the key store.",
  });
  events.on("store.failed", ({ during }) => failures.add(1, { "keyward.during": during }));

  const alerts = meter.createCounter("keyward.alerts", {
    unit: "{alert}",
    description: "Alerts that this process sent, by type.",
  });
  events.on("alert", ({ type }) => alerts.add(1, { "keyward.alert": type }));

  let degraded = 0;
  events.on("limiter.degraded", () => void (degraded = 1));
  events.on("limiter.recovered", () => void (degraded = 0));
  meter
    .createObservableGauge("keyward.limiter.degraded", {
      description: "1 while the limiter cannot reach its server.",
    })
    .addCallback((result) => result.observe(degraded));
}
