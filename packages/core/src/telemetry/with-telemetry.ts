import {
  context,
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type MeterProvider,
  type Span,
  type TextMapGetter,
  type TracerProvider,
} from "@opentelemetry/api";
import type { Decision } from "../admission/decision.ts";
import type { AdmissionRequest } from "../admission/request.ts";
import type { Keyward } from "../keyward.ts";
import { countEvents } from "./count-events.ts";
import { createTagCounter } from "./count-tags.ts";

/** Providers that receive telemetry. Default: OpenTelemetry's global providers. */
export interface TelemetryOptions {
  readonly meterProvider?: MeterProvider;
  readonly tracerProvider?: TracerProvider;
}

const NAME = "@keyward/core";
/** Seconds. A cached key takes microseconds, a look-up in a database milliseconds, a Redis that hangs its time-out. */
const BUCKETS = [5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 0.25, 1];

/**
 * The same Keyward, which tells OpenTelemetry what it does: a span `keyward.admit` for each request, within the trace
 * that is going on or that the request's `traceparent` names, and metrics. Pass the returned Keyward to adapters.
 *
 * Metrics (semantic conventions' units): `keyward.admission.duration` (s, by outcome, `error.type` and plan),
 * `keyward.admission.cost`, `keyward.tag.requests`, `keyward.limit.refusals` (by policy), `keyward.alerts`, `keyward.key.changes`, `keyward.store.failures`, and
 * `keyward.limiter.degraded` (1 while its server does not respond).
 *
 * @example
 * ```ts
 * const kw = withTelemetry(createKeyward({ … }));
 * app.use("/v1", keyward(kw));
 * ```
 */
export function withTelemetry(kw: Keyward, options: TelemetryOptions = {}): Keyward {
  const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer(NAME);
  const meter = (options.meterProvider ?? metrics.getMeterProvider()).getMeter(NAME);
  const duration = meter.createHistogram("keyward.admission.duration", {
    unit: "s",
    description: "How long it took to decide on a request.",
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  countEvents(kw.events, meter);
  const countTag = createTagCounter(meter);

  function end(span: Span, startedAt: number, decision: Decision, tag: string | undefined): Decision {
    countTag(tag, decision.admitted);
    const seconds = (performance.now() - startedAt) / 1000;
    const attributes = outcomeOf(decision);
    duration.record(seconds, attributes);
    if (decision.admitted && span.isRecording()) {
      const { key } = decision;
      span.setAttributes({
        ...(key !== undefined && { "keyward.key.id": key.id }),
        ...(key?.ownerId !== undefined && { "keyward.owner.id": key.ownerId }),
      });
    }
    // A refusal is not a failure of this span, but its purpose.
    span.setAttributes(attributes).end();
    return decision;
  }

  function failed(span: Span, error: unknown): never {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    throw error;
  }

  return {
    ...kw,
    admit(request) {
      const startedAt = performance.now();
      const parent = parentOf(request);
      const span = tracer.startSpan("keyward.admit", { kind: SpanKind.INTERNAL }, parent);
      try {
        const decision = context.with(trace.setSpan(parent, span), () => kw.admit(request));
        return decision instanceof Promise
          ? decision.then(
              (decided) => end(span, startedAt, decided, request.tag),
              (error: unknown) => failed(span, error),
            )
          : end(span, startedAt, decision, request.tag);
      } catch (error) {
        return failed(span, error);
      }
    },
  };
}

/** Few values each: a metric is kept for every combination. */
function outcomeOf(decision: Decision): Attributes {
  return decision.admitted
    ? { "keyward.outcome": "admitted", "keyward.plan": decision.plan }
    : {
        "keyward.outcome": "refused",
        "error.type": decision.problem.code,
        "http.response.status_code": decision.status,
      };
}

const headers: TextMapGetter<AdmissionRequest> = {
  keys: () => ["traceparent", "tracestate", "baggage"],
  get: (request, name) => request.header(name.toLowerCase()) as string | string[] | undefined,
};

/** The span that is going on, such as that of the server's own instrumentation; else the one that the request names. */
function parentOf(request: AdmissionRequest): Context {
  const active = context.active();
  return trace.getSpan(active) === undefined ? propagation.extract(active, request, headers) : active;
}
