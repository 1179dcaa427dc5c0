import { EVENT_NAMES, type KeywardEventMap, type KeywardEventName, type KeywardEvents } from "../events.ts";
import type { ApiKey } from "../keys/record.ts";

/** One event, as a line of a log. Keys are masked. */
export interface LogRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly level: "info" | "warn" | "error";
  readonly event: KeywardEventName;
  readonly [field: string]: unknown;
}

/** Selects the events to log and their destination. */
export interface LogOptions {
  /** Receives each record. Default: writes a line of JSON to standard output. */
  readonly write?: (record: LogRecord) => void;
  /** True if admitted requests are logged too. Default: false. */
  readonly admitted?: boolean;
  /** Returns additional fields of each record, such as the ids of the current trace. */
  readonly context?: () => Readonly<Record<string, unknown>>;
}

const LEVELS: Partial<Record<KeywardEventName, LogRecord["level"]>> = {
  refused: "warn",
  alert: "warn",
  "plan.unknown": "warn",
  "revocation.stopped": "error",
  "store.failed": "error",
  "limiter.failed": "error",
  "limiter.degraded": "error",
};

/**
 * Logs what happens to requests and keys, a structured record an event. Returns a function that stops it.
 *
 * @example
 * ```ts
 * const stop = writeLogs(kw, { write: ({ level, ...record }) => logger[level](record) });
 * ```
 */
export function writeLogs(
  { events }: { readonly events: KeywardEvents },
  options: LogOptions = {},
): () => void {
  const { write = writeLine, admitted = false, context = () => ({}) } = options;
  const stops = EVENT_NAMES.filter((name) => admitted || name !== "admitted").map((name) =>
    events.on(name, (event) => {
      const record = { time: new Date().toISOString(), level: LEVELS[name] ?? "info", event: name };
      // Returned, so that the rejection of an async function is handled.
      return write({ ...record, ...fieldsOf(event), ...context() });
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

function writeLine(record: LogRecord): void {
  process.stdout.write(`${JSON.stringify(record)}\n`);
}

/** Returns the fields of an event. Keys appear only in their public form. */
function fieldsOf(event: KeywardEventMap[KeywardEventName]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      if (name === "key" || name === "successor") return [name, publicFields(value as ApiKey)];
      return [name, value instanceof Error ? value.message : value];
    }),
  );
}

function publicFields({ id, masked, name, ownerId, plan }: ApiKey): object {
  return { id, masked, name, ownerId, plan };
}
