import { createSecureContext } from "node:tls";
import fc from "fast-check";
import { converse, type Conversation, type Tls } from "./conversation.ts";
import { hostileRequest } from "./http-request.ts";

/** Time until an incomplete request that the server waits for is ended. */
const IDLE_MS = 2000;
/** The same for a request that had no response and is sent again. */
const PATIENT_IDLE_MS = 30_000;
/** The attack ends early with that many. */
const MAX_FAILURES = 10;
const MAX_UNANSWERED = 1000;
const REQUESTS_PER_CONNECTION = 12;
/** One in this many connections sends all its requests at once. The first malformed one is the last one to be read. */
const PIPELINED_SHARE = 8;
const CONNECTIONS = 48;
/** Requests to generate at a time. */
const BATCH = 200;

export interface AttackTarget {
  readonly port: number;
  readonly ca: string;
  readonly keys: readonly string[];
}

export interface AttackOptions {
  /** Number of responses to collect. */
  readonly responses: number;
  readonly seed: number;
}

/** The connections that went wrong, with what was sent and received. */
export interface AttackReport {
  readonly responses: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly failures: readonly AttackFailure[];
}

export interface AttackFailure {
  readonly reason: string;
  readonly sent: string;
  readonly received: string;
}

/** The last request of a connection, which makes the server close it. */
const LAST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** Sends mutated requests over TLS connections, several at a time. The same seed sends the same requests. */
export async function attack(
  { port, ca, keys }: AttackTarget,
  { responses, seed }: AttackOptions,
): Promise<AttackReport> {
  const statuses: Record<string, number> = {};
  const failures: AttackFailure[] = [];
  const unanswered: string[] = [];
  const requests = generate(keys, seed);
  let [answered, connections] = [0, 0];
  const tls: Tls = { port, secureContext: createSecureContext({ ca }), session: undefined };

  async function work(): Promise<void> {
    while (answered < responses && failures.length < MAX_FAILURES && unanswered.length < MAX_UNANSWERED) {
      connections += 1;
      const hostile = take(requests, REQUESTS_PER_CONNECTION);
      const isPipelined = connections % PIPELINED_SHARE === 0;
      const messages = isPipelined ? [[...hostile, LAST].join("")] : withLast(hostile);
      const options = { localAddress: addressOf(connections), idleMs: IDLE_MS };
      const conversation = await converse(tls, messages[Symbol.iterator](), options);
      check(conversation);
      if (conversation.unanswered !== undefined) unanswered.push(conversation.unanswered);
    }
  }
  /** A request without a response, because the server was busy, has one when it is sent alone. */
  async function repeat(message: string): Promise<void> {
    connections += 1;
    const options = { localAddress: addressOf(connections), idleMs: PATIENT_IDLE_MS };
    const conversation = await converse(tls, [message].values(), options);
    check({ ...conversation, hangs: conversation.hangs || conversation.unanswered !== undefined });
  }
  function check(conversation: Conversation): void {
    const { sent, received, hangs } = conversation;
    for (const status of statusesOf(conversation)) {
      statuses[status] = (statuses[status] ?? 0) + 1;
      answered += 1;
      if (status.startsWith("5")) failures.push({ reason: `status ${status}`, sent, received });
    }
    if (hangs) failures.push({ reason: "no response", sent, received });
    if (keys.some((key) => received.includes(key))) {
      failures.push({ reason: "a response contains a key", sent, received });
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  for (const message of unanswered) {
    if (failures.length < MAX_FAILURES) await repeat(message);
  }
  return { responses: answered, statuses, failures };
}

/** The statuses of the responses to mutated requests. */
function statusesOf({ sent, received }: Conversation): string[] {
  const statuses = Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status = ""]) => status);
  if (sent.endsWith(LAST) && statuses.at(-1) === "200") statuses.pop();
  return statuses;
}

function* generate(keys: readonly string[], seed: number): Generator<string, never> {
  // A server ignores line breaks before a request.
  const requests = hostileRequest(keys).filter((request) => /[^\r\n]/.test(request));
  for (let batch = 0; ; batch += 1) yield* fc.sample(requests, { numRuns: BATCH, seed: seed + batch });
}

function* take(requests: Iterator<string, never>, count: number): Generator<string> {
  for (let taken = 0; taken < count; taken += 1) yield requests.next().value;
}

function* withLast(requests: Iterable<string>): Generator<string> {
  yield* requests;
  yield LAST;
}

/** One of many addresses of this machine, so that failed attempts from one do not hide what the others reach. */
function addressOf(connection: number): string {
  return `127.${1 + (connection % 200)}.${Math.floor(connection / 200) % 250}.1`;
}
