import { connect as connectTcp } from "node:net";
import { connect, createSecureContext, type SecureContext } from "node:tls";
import fc from "fast-check";
import { hostileRequest } from "./http-request.ts";

/** Time until the client gives up on an incomplete request that the server still waits for. */
const IDLE_MS = 250;
/** A server that has neither responded nor closed the connection by then hangs. */
const HANG_MS = 15_000;
const REQUESTS_PER_CONNECTION = 12;
const CONNECTIONS = 48;

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
  const requests = hostileRequest(keys);
  let [received, connections] = [0, 0];
  const tls: Tls = { port, secureContext: createSecureContext({ ca }), session: undefined };

  async function work(): Promise<void> {
    while (received < responses && failures.length < 10) {
      connections += 1;
      const sent = fc
        .sample(requests, { numRuns: REQUESTS_PER_CONNECTION, seed: seed + connections })
        .join("");
      const result = await exchange(tls, sent + LAST, addressOf(connections));
      for (const [, status = ""] of result.text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) {
        statuses[status] = (statuses[status] ?? 0) + 1;
        received += 1;
        if (status.startsWith("5")) {
          failures.push({ reason: `status ${status}`, sent, received: result.text });
        }
      }
      if (result.hangs) failures.push({ reason: "no response", sent, received: result.text });
      if (keys.some((key) => result.text.includes(key))) {
        failures.push({ reason: "a response contains a key", sent, received: result.text });
      }
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return { responses: received, statuses, failures };
}

/** One of many addresses of this machine, so that failed attempts from one do not hide what the others reach. */
function addressOf(connection: number): string {
  return `127.${1 + (connection % 200)}.${Math.floor(connection / 200) % 250}.1`;
}

/** TLS connection options. Each connection resumes the previous session, which saves most of the handshake. */
interface Tls {
  readonly port: number;
  readonly secureContext: SecureContext;
  session: Buffer | undefined;
}

interface Exchange {
  /** The response, with a character for each byte. */
  readonly text: string;
  readonly hangs: boolean;
}

function exchange(tls: Tls, sent: string, localAddress: string): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp({ host: "127.0.0.1", port: tls.port, localAddress });
    const { secureContext, session } = tls;
    const resumed = session === undefined ? {} : { session };
    const socket = connect({ socket: tcp, secureContext, servername: "localhost", ...resumed });
    socket.once("session", (next) => (tls.session = next));
    let text = "";
    let hangs = false;
    // An incomplete request is waited for. Its end makes it a malformed one.
    const idle = setTimeout(() => socket.end(), IDLE_MS);
    const hang = setTimeout(() => {
      hangs = true;
      socket.destroy();
    }, HANG_MS);
    socket.once("secureConnect", () => {
      idle.refresh();
      socket.write(Buffer.from(sent, "latin1"));
    });
    socket.on("data", (chunk: Buffer) => {
      idle.refresh();
      text += chunk.toString("latin1");
    });
    // A server that closes the connection while the client sends resets it. One that cannot be reached has crashed.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") reject(error);
    });
    socket.once("close", () => {
      clearTimeout(idle);
      clearTimeout(hang);
      resolve({ text, hangs });
    });
  });
}
