import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyward } from "@keyward/core";
import { acceptUpgrade, routeUpgrades } from "@keyward/core/upgrades";
import { admissionOf, keyward } from "@keyward/express";
import express from "express";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

async function setUp() {
  const kw = createKeyward({ requireHttps: false });
  const { key, secret } = await kw.keys.create({ name: "a" });
  const app = express();
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await kw.close();
  });
  return {
    kw,
    app,
    server,
    port: (server.address() as AddressInfo).port,
    headers: { "x-api-key": secret.reveal() },
    daily: async () => (await kw.quota(key)).remaining["daily"],
  };
}

it("settles when the client leaves, by the option or by hand", async () => {
  const { kw, app, port, headers, daily } = await setUp();
  const settle = vi.fn<() => number>(() => 2);
  app.get("/option", keyward(kw, { cost: 10, settle }), (_request, response) => void response.write("some"));
  app.get("/hand", keyward(kw, { cost: 10 }), (incoming, response) => {
    response.once("close", () => void admissionOf(incoming).settle({ cost: 3 }));
    response.write("some");
  });
  for (const [path, left] of [
    ["/option", 1998],
    ["/hand", 1995],
  ] as const) {
    const asked = request({ host: "127.0.0.1", port, path, headers }).end();
    await once(asked, "response");
    asked.destroy();
    await expect.poll(daily).toBe(left);
  }
  expect(settle).toHaveBeenCalledOnce();
});

it("settles an upgrade when its connection closes", async () => {
  const { kw, app, server, port, headers, daily } = await setUp();
  const sockets = new WebSocketServer({ noServer: true });
  app.get("/live", keyward(kw, { cost: 10, settle: () => 4 }), (incoming) => {
    const upgrade = acceptUpgrade(incoming);
    if (upgrade !== undefined) sockets.handleUpgrade(incoming, upgrade.socket, upgrade.head, () => {});
  });
  routeUpgrades(server);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers });
  await once(socket, "open");
  expect(await daily()).toBe(1990);
  socket.terminate();
  await expect.poll(daily).toBe(1996);
});

it("warns of a function that fails, and keeps the cost", async () => {
  const { kw, app, port, headers, daily } = await setUp();
  const warned = vi.fn<(warning: Error & { code?: string }) => void>();
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  app.get("/", keyward(kw, { cost: 10, settle: () => -1 }), (_request, response) => void response.end());
  await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
  await expect
    .poll(() => warned.mock.calls.map(([warning]) => (warning as { code?: string }).code))
    .toContain("KEYWARD_SETTLE");
  expect(await daily()).toBe(1990);
});

it("names the setting once where a proxy is not trusted", async () => {
  const strict = createKeyward();
  const { app, port } = await setUp();
  const warned = vi.fn<(warning: Error & { code?: string }) => void>();
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  app.get("/strict", keyward(strict), (_request, response) => void response.end());
  for (let times = 0; times < 2; times += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/strict`, {
      headers: { "x-forwarded-proto": "https" },
    });
    expect(response.status).toBe(403);
  }
  const warnings = () => warned.mock.calls.map(([warning]) => warning as Error & { code?: string });
  await expect.poll(() => warnings().filter(({ code }) => code === "KEYWARD_UNTRUSTED_PROXY").length).toBe(1);
  expect(warnings().find(({ code }) => code === "KEYWARD_UNTRUSTED_PROXY")?.message).toMatch(
    /Express.*app\.set\("trust proxy", …\)/,
  );
});
