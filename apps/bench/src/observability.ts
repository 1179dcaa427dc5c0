import { createKeyward, type Keyward, type KeywardOptions } from "@keyward/core";
import { watchKeys } from "@keyward/core/alerts";
import { writeLogs } from "@keyward/core/logs";
import { withTelemetry } from "@keyward/core/telemetry";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import { BenchRequest, PLENTY } from "./bench-request.ts";
import { compare } from "./measure.ts";
import { heading, line } from "./print.ts";

/** Measures the cost of observability per request, compared with no observability. */
export async function benchObservability(): Promise<boolean[]> {
  const noted: unknown[] = [];
  const meterProvider = new MeterProvider();
  const tracing = (ratio: number) =>
    new BasicTracerProvider({
      sampler: ratio === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio),
    });
  const ways: Readonly<Record<string, (make: (options?: KeywardOptions) => Keyward) => Keyward>> = {
    "kw.admit without observability": (make) => make(),
    "named: requestIdHeader, sent by the client": (make) => make({ requestIdHeader: "x-request-id" }),
    "logs of refusals and acts": (make) => {
      const kw = make();
      writeLogs(kw, { write: (record) => void noted.push(record) });
      return kw;
    },
    "logs of admitted requests too, made and thrown away": (make) => {
      const kw = make();
      writeLogs(kw, { write: () => {}, admitted: true });
      return kw;
    },
    alerts: (make) => {
      const kw = make();
      watchKeys(kw, { onAlert: (alert) => void noted.push(alert) });
      return kw;
    },
    "OpenTelemetry without an SDK": (make) => withTelemetry(make()),
    "OpenTelemetry, metrics": (make) => withTelemetry(make(), { meterProvider, tracerProvider: tracing(0) }),
    "OpenTelemetry, metrics and one span in a hundred": (make) =>
      withTelemetry(make(), { meterProvider, tracerProvider: tracing(0.01) }),
    "OpenTelemetry, metrics and every span": (make) =>
      withTelemetry(make(), { meterProvider, tracerProvider: tracing(1) }),
  };
  const made: Keyward[] = [];
  const subjects = [];
  for (const [name, watch] of Object.entries(ways)) {
    const kw = watch((options = {}) => createKeyward({ ...options, plans: { default: PLENTY } }));
    made.push(kw);
    const raw = (await kw.keys.create({ name: "bench" })).secret.reveal();
    await kw.admit(new BenchRequest(raw));
    subjects.push({ name, run: () => kw.admit(new BenchRequest(raw)) });
  }
  const timings = await compare(subjects);
  heading("What it costs a request to be watched");
  const [bare] = timings;
  for (const { name, ns } of timings) {
    line(`${ns.toFixed(0).padStart(6)} ns, ${(ns - (bare?.ns ?? 0)).toFixed(0).padStart(6)} more  ${name}`);
  }
  for (const kw of made) await kw.close();
  return [];
}
