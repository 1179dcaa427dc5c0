import type { Keyward } from "@keyward/core";
import { writeLogs } from "@keyward/core/logs";
import { withTelemetry } from "@keyward/core/telemetry";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { Environment } from "./environment.ts";

/**
 * Observability for operators, if the environment enables it: events as lines of JSON, and metrics for Prometheus on a loopback port.
 */
export function observe(kw: Keyward, { logs, metricsPort }: Environment): Keyward {
  if (logs) writeLogs(kw);
  if (metricsPort === undefined) return kw;
  const reader = new PrometheusExporter({ host: "127.0.0.1", port: metricsPort });
  const meterProvider = new MeterProvider({ readers: [reader] });
  return {
    ...withTelemetry(kw, { meterProvider }),
    async close() {
      await kw.close();
      await meterProvider.shutdown();
    },
  };
}
