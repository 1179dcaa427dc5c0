import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { createConsole, passwordSignIn, type Console, type ConsoleOptions } from "@keyward/console";
import { createKeyward } from "@keyward/core";
import { onTestFinished } from "vitest";
import { PASSWORD } from "../console-server.ts";

/** A console that is used over plain HTTP from this machine. */
export function localConsole(options: Partial<ConsoleOptions> = {}): Console {
  const kw = createKeyward();
  onTestFinished(() => kw.close());
  const authorize = passwordSignIn({ password: PASSWORD });
  return createConsole(kw, { authorize, requireHttps: { allowLoopback: true }, ...options });
}

/** Serves a listener, such as a framework's application, for one test. */
export async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Sends bytes as they are, and returns what came back when the server closed the connection. */
export async function exchange(port: number, ...chunks: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  for (const chunk of chunks) socket.write(chunk);
  await once(socket, "close");
  return Buffer.concat(received).toString("latin1");
}
