import { readFileSync } from "node:fs";
import { createKeyward, memoryLimiter, memoryStore, type AdmissionRequest } from "@keyward/core";
import { emitEvent } from "../../src/events.ts";
import type { LimiterStatusChange } from "@keyward/core/limiter";
import { withTelemetry } from "@keyward/core/telemetry";
import { context, propagation, trace, TraceFlags } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});

afterAll(() => {
  context.disable();
  propagation.disable();
});

function setUp() {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const store = memoryStore();
  let isStoreDown = false;
  // Asynchronous, like a database.
  const slow = {
    ...store,
    async findByDigest(digest: string) {
      if (isStoreDown) throw new Error("gone");
      return store.findByDigest(digest);
    },
  };
  let report: (change: LimiterStatusChange) => void = () => {};
  const limiter = Object.assign(memoryLimiter(), {
    onStatus(listener: typeof report) {
      report = listener;
      return () => {};
    },
  });
  const plans = { default: { rate: 2, burst: 2, daily: 100 } };
  const bare = createKeyward({ store: slow, limiter, plans });
  const kw = withTelemetry(bare, { tracerProvider, meterProvider });
  onTestFinished(async () => {
    await kw.close();
    await meterProvider.shutdown();
  });
  async function metricsByName() {
    await reader.forceFlush();
    const [latest] = exporter.getMetrics().slice(-1);
    const metrics = latest?.scopeMetrics.flatMap(({ metrics: each }) => each) ?? [];
    return Object.fromEntries(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => ({ ...attributes, value })),
      ]),
    );
  }
  return {
    kw,
    spans,
    tracerProvider,
    metricsByName,
    degradeLimiter: () => report({ status: "degraded", error: new Error("gone") }),
    stopStore: () => void (isStoreDown = true),
  };
}

function request(raw: string, headers: Record<string, string> = {}): AdmissionRequest {
  return {
    header: (name) => (name === "x-api-key" ? raw : headers[name]),
    secure: true,
    ip: "203.0.113.1",
    cost: 1,
  };
}

describe("withTelemetry", () => {
  it("creates a span for each request, in the trace of the request, without the raw key", async () => {
    const { kw, spans } = setUp();
    const { key, secret } = await kw.keys.create({ name: "traced" });
    const raw = secret.reveal();
    const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
    // The first is looked up and awaited; the others are cached and synchronous.
    for (let times = 0; times < 3; times += 1) await kw.admit(request(raw, { traceparent }));
    await kw.admit(request(`${raw}x`));
    const [first, second, third, fourth] = spans.getFinishedSpans();
    for (const span of [first, second]) {
      expect(span).toMatchObject({
        name: "keyward.admit",
        parentSpanContext: { traceId: TRACE, spanId: "b7ad6b7169203331" },
        attributes: { "keyward.outcome": "admitted", "keyward.key.id": key.id, "keyward.plan": "default" },
      });
    }
    expect(third?.attributes).toMatchObject({
      "keyward.outcome": "refused",
      "error.type": "rate-limit-exceeded",
      "http.response.status_code": 429,
    });
    expect(fourth?.attributes).toMatchObject({ "error.type": "invalid-api-key" });
    expect(fourth?.spanContext().traceId).not.toBe(TRACE);
    const everything = JSON.stringify(
      spans.getFinishedSpans().map(({ name, attributes, events }) => [name, attributes, events]),
    );
    expect(everything).not.toContain(raw);
  });

  it("creates the span in the active span, whatever the request says", async () => {
    const { kw, spans, tracerProvider } = setUp();
    const raw = (await kw.keys.create({ name: "traced" })).secret.reveal();
    const outer = tracerProvider.getTracer("server").startSpan("GET /v1/hello");
    await context.with(trace.setSpan(context.active(), outer), () =>
      kw.admit(request(raw, { traceparent: `00-${TRACE}-b7ad6b7169203331-01` })),
    );
    const [span] = spans.getFinishedSpans();
    expect(span?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(span?.spanContext().traceFlags).toBe(TraceFlags.SAMPLED);
  });

  it("counts decisions, costs, refusals by policy, and changes of keys", async () => {
    const { kw, metricsByName, degradeLimiter } = setUp();
    const { key, secret } = await kw.keys.create({ name: "counted" });
    const raw = secret.reveal();
    for (let times = 0; times < 5; times += 1) await kw.admit(request(raw));
    await kw.admit(request("nonsense"));
    await kw.keys.revoke(key.id);
    const metrics = await metricsByName();
    const counts = metrics["keyward.admission.duration"]?.map(({ value, ...attributes }) => ({
      ...attributes,
      count: (value as { count: number }).count,
    }));
    expect(counts).toEqual([
      { "keyward.outcome": "admitted", "keyward.plan": "default", count: 2 },
      {
        "keyward.outcome": "refused",
        "error.type": "rate-limit-exceeded",
        "http.response.status_code": 429,
        count: 3,
      },
      {
        "keyward.outcome": "refused",
        "error.type": "invalid-api-key",
        "http.response.status_code": 401,
        count: 1,
      },
    ]);
    expect(metrics["keyward.admission.cost"]).toEqual([{ "keyward.plan": "default", value: 2 }]);
    expect(metrics["keyward.limit.refusals"]).toContainEqual({ "keyward.policy": "burst", value: 3 });
    expect(metrics["keyward.key.changes"]).toEqual([
      { "keyward.action": "created", value: 1 },
      { "keyward.action": "revoked", value: 1 },
    ]);
    expect(metrics["keyward.limiter.degraded"]).toEqual([{ value: 0 }]);
    degradeLimiter();
    expect((await metricsByName())["keyward.limiter.degraded"]).toEqual([{ value: 1 }]);
  });

  it("counts requests by tag, with a limit on how many tags there are", async () => {
    const { kw, metricsByName } = setUp();
    const { secret } = await kw.keys.create({ name: "tagged" });
    for (let tag = 0; tag < 60; tag += 1) await kw.admit({ ...request(secret.reveal()), tag: `/${tag}` });
    const counts = (await metricsByName())["keyward.tag.requests"] ?? [];
    const tags = counts.map((each) => (each as Record<string, unknown>)["keyward.tag"]);
    expect(new Set(tags).size).toBe(51);
    expect(counts).toContainEqual({ "keyward.tag": "/0", "keyward.outcome": "admitted", value: 1 });
  });

  it("provides the metrics that the dashboard queries", async () => {
    const { kw, metricsByName } = setUp();
    const { secret } = await kw.keys.create({ name: "shown" });
    const tagged = { ...request(secret.reveal()), tag: "/v1/hello" };
    for (let times = 0; times < 3; times += 1) await kw.admit(tagged);
    const at = new Date();
    emitEvent(kw.events, "alert", { type: "limiter-degraded", id: "a", at, reason: "limiter-unavailable" });
    emitEvent(kw.events, "store.failed", { during: "usage", error: new Error("gone") });
    const file = new URL("../../../../apps/docs/public/grafana-dashboard.json", import.meta.url);
    const dashboard = readFileSync(file, "utf8");
    const asked = new Set(
      [...dashboard.matchAll(/keyward_\w+?(?=\(_seconds|_total|_count|_bucket|\)|\[| )/g)].map(
        ([name]) => name,
      ),
    );
    for (const name of Object.keys(await metricsByName())) {
      expect([...asked]).toContain(name.replaceAll(".", "_"));
    }
    const attributes = [...dashboard.matchAll(/by \((\w+)\)/g)].map(([, name]) => name);
    const metrics = JSON.stringify(await metricsByName()).replaceAll(".", "_");
    // `le` is added by Prometheus, for the buckets of a histogram.
    for (const name of attributes.filter((each) => each !== "le")) expect(metrics).toContain(`"${name}"`);
  });

  it("records the error of a mistake of the caller in the span", async () => {
    const { kw, spans } = setUp();
    const raw = (await kw.keys.create({ name: "mistaken" })).secret.reveal();
    await kw.admit(request(raw));
    expect(() => kw.admit({ ...request(raw), cost: -1 })).toThrow(
      "cost must be a whole number, 0 or more; got -1.",
    );
    expect(spans.getFinishedSpans().at(-1)).toMatchObject({ status: { code: 2 } });
  });

  it("decides like the wrapped Keyward, also at two mounts", async () => {
    const { kw, metricsByName } = setUp();
    const raw = (await kw.keys.create({ name: "twice" })).secret.reveal();
    const previous = await kw.admit(request(raw));
    await kw.admit({ ...request(raw), previous });
    expect((await metricsByName())["keyward.admission.cost"]).toEqual([
      { "keyward.plan": "default", value: 1 },
    ]);
    const { remaining } = await kw.quota((await kw.keys.list()).keys[0] as never);
    expect(remaining["daily"]).toBe(99);
  });
});
