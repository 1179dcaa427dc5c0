import { connect as connectTcp } from "node:net";
import { connect, type SecureContext } from "node:tls";
import { readResponse } from "./read-response.ts";

/** A server that has neither answered nor closed the connection by then hangs. */
const HANG_MS = 60_000;

/** TLS connection options. Each connection resumes the previous session, which saves most of the handshake. */
export interface Tls {
  readonly port: number;
  readonly secureContext: SecureContext;
  session: Buffer | undefined;
}

export interface Conversation {
  /** Whatever was sent, a character for each byte. */
  readonly sent: string;
  /** Whatever came back, a character for each byte. */
  readonly received: string;
  readonly hangs: boolean;
  /** The last message, if the server was silent until the client closed the connection, and after that. */
  readonly unanswered: string | undefined;
}

/**
 * Sends messages over one connection, each when the previous one is answered. Ends with the connection, which the
 * server closes after a malformed message, whatever follows. After
 * `idleMs` of silence the client closes it, because the server may wait for the rest of an incomplete message.
 */
export function converse(
  tls: Tls,
  messages: Iterator<string>,
  { localAddress, idleMs }: { readonly localAddress: string; readonly idleMs: number },
): Promise<Conversation> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp({ host: "127.0.0.1", port: tls.port, localAddress, noDelay: true });
    const { secureContext, session } = tls;
    const resumed = session === undefined ? {} : { session };
    const socket = connect({ socket: tcp, secureContext, servername: "localhost", ...resumed });
    socket.once("session", (next) => (tls.session = next));
    let [sent, received, answered] = ["", "", 0];
    let message = "";
    let hangs = false;
    /** The length of what had been received when the client gave up. */
    let gaveUpAt: number | undefined;
    const hang = setTimeout(() => {
      hangs = true;
      socket.destroy();
    }, HANG_MS);
    let idle: NodeJS.Timeout | undefined;

    function giveUp(): void {
      gaveUpAt = received.length;
      // The end of an incomplete message makes it a malformed one.
      socket.end();
    }
    function waitForAnswer(): void {
      clearTimeout(idle);
      const { length } = received;
      // Data that arrived while this process was busy is read before the client gives up.
      idle = setTimeout(() => setImmediate(() => received.length === length && giveUp()), idleMs);
    }
    function sendNext(): void {
      const next = messages.next();
      if (next.done === true) return;
      message = next.value;
      sent += message;
      socket.write(Buffer.from(message, "latin1"));
      hang.refresh();
      waitForAnswer();
    }
    socket.once("secureConnect", sendNext);
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      waitForAnswer();
      const response = readResponse(received, answered, message.startsWith("HEAD "));
      if (response === undefined) return;
      answered = response.end;
      if (!response.closes) sendNext();
    });
    // A server that closes the connection while the client sends resets it. One that cannot be reached has crashed.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") reject(error);
    });
    socket.once("close", () => {
      clearTimeout(idle);
      clearTimeout(hang);
      const isAnswered = gaveUpAt === undefined || received.length > gaveUpAt;
      resolve({ sent, received, hangs, unanswered: isAnswered ? undefined : message });
    });
  });
}
