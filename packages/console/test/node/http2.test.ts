import { once } from "node:events";
import { connect, createSecureServer, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { certificate, PASSWORD } from "../console-server.ts";
import { localConsole } from "./serve.ts";

it("serves HTTP/2", async () => {
  const { cert, private: key } = await certificate;
  const kwConsole = localConsole({ requireHttps: true });
  const server = createSecureServer({ cert, key }, kwConsole.listener as never);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const client = connect(url, { rejectUnauthorized: false });
  onTestFinished(() => {
    client.destroy();
    server.close();
  });

  async function ask(
    method: string,
    path: string,
    body = "",
    headers: Readonly<Record<string, string>> = {},
  ) {
    const stream = client.request(
      { ":method": method, ":path": path, ...headers },
      { endStream: body === "" },
    );
    if (body !== "") stream.end(body);
    const [response] = (await once(stream, "response")) as [IncomingHttpHeaders];
    const text = Buffer.concat((await stream.toArray()) as Buffer[]).toString();
    return { status: response[":status"], headers: response, text };
  }

  expect((await ask("GET", "/admin/")).text).toContain('<base href="/admin/" />');
  const json = { "content-type": "application/json", origin: url };
  const signIn = await ask("POST", "/admin/api/session", JSON.stringify({ password: PASSWORD }), json);
  expect(signIn.status).toBe(204);
  const cookie = signIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const created = await ask("POST", "/admin/api/api-keys", '{"name":"a"}', { ...json, cookie });
  expect(created.status).toBe(201);
  const elsewhere = { ...json, cookie, origin: "https://evil.example" };
  expect((await ask("POST", "/admin/api/api-keys", '{"name":"b"}', elsewhere)).status).toBe(403);
  const large = JSON.stringify({ name: "x".repeat(70_000) });
  expect((await ask("POST", "/admin/api/api-keys", large, { ...json, cookie })).status).toBe(413);
  expect((await ask("GET", "/admin/api/api-keys", "", { cookie })).status).toBe(200);
});
