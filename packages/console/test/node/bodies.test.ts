import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { localConsole, serve } from "./serve.ts";

/** Sends requests over connections that it keeps, and remembers how many it needed. */
function keepAliveClient(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const sockets = new Set<unknown>();
  async function send(bytes: number, headers: Readonly<Record<string, string>> = {}) {
    const sent = request({
      port,
      agent,
      method: "POST",
      path: "/admin/api/api-keys",
      headers: { "content-type": "application/json", ...headers },
    });
    sent.on("socket", (socket) => sockets.add(socket));
    sent.end(JSON.stringify({ name: "x".repeat(bytes - 11) }));
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const chunks = (await response.toArray()) as Buffer[];
    return {
      status: response.statusCode,
      connection: response.headers.connection,
      text: Buffer.concat(chunks).toString(),
    };
  }
  return { send, sockets };
}

describe("a body that is too large", () => {
  it.each([
    ["just over the limit", 66_000],
    ["a megabyte", 1_000_000],
    ["five megabytes", 5_000_000],
  ])(
    "is refused with 413, and the next request is served: %s",
    async (_what, bytes) => {
      const port = await serve(localConsole().listener);
      for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
        const { send } = keepAliveClient(port);
        for (let times = 0; times < 20; times += 1) {
          const refused = await send(bytes, headers);
          expect(refused).toMatchObject({ status: 413 });
          expect(JSON.parse(refused.text)).toMatchObject({ code: "too-large", status: 413 });
          expect((await send(60)).status).toBe(401);
        }
      }
    },
    60_000,
  );

  it("keeps the connection open if little of the body is left, and closes it otherwise", async () => {
    const port = await serve(localConsole().listener);
    const { send, sockets } = keepAliveClient(port);
    expect((await send(66_000)).connection).toBe("keep-alive");
    await send(60);
    expect(sockets.size).toBe(1);
    expect((await send(5_000_000)).connection).toBe("close");
    await send(60);
    expect(sockets.size).toBe(2);
  });
});
