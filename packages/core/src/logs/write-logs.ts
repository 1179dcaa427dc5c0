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

/** Which events are logged, and where to. */
export interface LogOptions {
  /** What becomes of a record; a line of JSON on standard output if left out. */
  readonly write?: (record: LogRecord) => void;
  /** Whether admitted requests are logged too. Default: false. */
  readonly admitted?: boolean;
  /** What each record has besides, such as the ids of the trace that is going on. */
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
 * Logs what happens to requests and keys, a structured record an event. Gives a function that stops it.
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

/** What an event says, with keys as they may be known. */
function fieldsOf(event: KeywardEventMap[KeywardEventName]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      if (name === "key" || name === "successor") return [name, known(value as ApiKey)];
      return [name, value instanceof Error ? value.message : value];
    }),
  );
}

function known({ id, masked, name, ownerId, plan }: ApiKey): object {
  return { id, masked, name, ownerId, plan };
}
