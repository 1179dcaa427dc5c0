import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { ApiKey } from "@keyward/core";
import { acceptUpgrade, routeUpgrades } from "@keyward/core/upgrades";
import { ApiKeyGuard, RequestCost, CurrentApiKey, KeywardModule, RequireScopes } from "@keyward/nestjs";
import { Controller, Get, HttpException, Module, Req, Res, Sse, UseGuards } from "@nestjs/common";
import { from, map } from "rxjs";
import { describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { leftToday, PLATFORMS, testKeys, whileRunning } from "./ask.ts";

@UseGuards(ApiKeyGuard)
@Controller()
class LiveController {
  readonly #sockets = new WebSocketServer({ noServer: true });

  @RequireScopes("write")
  @RequestCost(5)
  @Get("live")
  live(
    @Req() request: IncomingMessage & { raw?: IncomingMessage },
    @Res() response: { hijack?(): void },
    @CurrentApiKey() key: ApiKey,
  ) {
    const incoming = request.raw ?? request;
    const upgrade = acceptUpgrade(incoming);
    if (upgrade === undefined) throw new HttpException("Upgrade Required", 426);
    // Tells Fastify that it no longer handles the response.
    response.hijack?.();
    this.#sockets.handleUpgrade(incoming, upgrade.socket, upgrade.head, (socket) => {
      socket.on("message", (message) => socket.send(`${key.name}: ${String(message)}`));
    });
  }

  @Sse("events")
  events(@CurrentApiKey() key: ApiKey) {
    return from([1, 2, 3]).pipe(map((tick) => ({ data: `${key.name} ${tick}` })));
  }
}

describe.each(PLATFORMS)("on %s", (platform) => {
  it("WebSockets are admitted by the guard, and refused like any other request", async () => {
    const { kw, key, reader } = await testKeys();
    @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [LiveController] })
    class AppModule {}
    await whileRunning(platform, AppModule, async (ask, app) => {
      routeUpgrades(app.getHttpServer());
      const url = (await app.getUrl()).replace("http", "ws");
      const dial = (secret?: string) =>
        new WebSocket(`${url}/live`, { headers: secret === undefined ? {} : { "x-api-key": secret } });
      const socket = dial(key);
      await once(socket, "open");
      socket.send("hello");
      const [message] = (await once(socket, "message")) as [Buffer];
      expect(message.toString()).toBe("billing: hello");
      socket.terminate();
      expect(leftToday(await ask("/events", key))).toBe(1994);

      for (const [secret, status] of [
        [undefined, 401],
        [reader, 403],
      ] as const) {
        const refused = dial(secret);
        const [, response] = (await once(refused, "unexpected-response")) as [unknown, IncomingMessage];
        expect(response.statusCode).toBe(status);
        expect(response.headers["content-type"]).toBe("application/problem+json");
        response.resume();
      }
      expect((await ask("/live", key)).status).toBe(426);
    });
    await kw.close();
  });

  it("Server-Sent Events are admitted as the request that they are, counted once", async () => {
    const { kw, reader } = await testKeys();
    @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [LiveController] })
    class AppModule {}
    await whileRunning(platform, AppModule, async (ask) => {
      const answer = await ask("/events", reader);
      expect(leftToday(answer)).toBe(1999);
      expect((await answer.text()).match(/data: reader \d/g)).toHaveLength(3);
      expect((await ask("/events")).status).toBe(401);
    });
    await kw.close();
  });
});
