import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import * as keywardNestjs from "@keyward/nestjs";
import type { AdapterSetup, RunningAdapter } from "@keyward/testkit";
import type { ApiKey } from "@keyward/core";
import {
  Controller,
  Get,
  HttpCode,
  Module,
  Post,
  Query,
  UseGuards,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";

/** The routes that `testAdapter` asks for, with the adapter as one of its builds. */
export function moduleFor(
  { kw }: Pick<AdapterSetup, "kw">,
  build: typeof keywardNestjs = keywardNestjs,
): Type {
  const { ApiKeyGuard, Cost, CurrentApiKey, KeywardModule, Scopes } = build;

  @Controller()
  class AppController {
    @Get("open")
    open() {
      return { open: true };
    }

    @UseGuards(ApiKeyGuard)
    @Get("hello")
    hello(@CurrentApiKey() key: ApiKey) {
      return { hello: key.name };
    }

    @UseGuards(ApiKeyGuard)
    @Scopes("reports:write")
    @Cost(10)
    @Post("reports")
    @HttpCode(201)
    report() {
      return { made: true };
    }

    @UseGuards(ApiKeyGuard)
    @Cost((request: { query: { cost: string } }) => Number(request.query.cost))
    @Get("priced")
    priced(@Query("cost") cost: string) {
      return { cost: Number(cost) };
    }

    @UseGuards(ApiKeyGuard)
    @Get("broken")
    broken() {
      throw new Error("this route is broken");
    }
  }

  @UseGuards(ApiKeyGuard)
  @Controller("nested")
  class NestedController {
    @UseGuards(ApiKeyGuard)
    @Scopes("inner")
    @Cost(3)
    @Get("inner")
    inner() {
      return {};
    }

    @UseGuards(ApiKeyGuard)
    @Get("same")
    same() {
      return {};
    }
  }

  @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [AppController, NestedController] })
  class AppModule {}
  return AppModule;
}

export const platforms = {
  async Express(module: Type, trustLoopbackProxy = false, prepare: Prepare = () => {}): Promise<Application> {
    const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), QUIET);
    if (trustLoopbackProxy) app.set("trust proxy", "loopback");
    prepare(app);
    await app.init();
    return { app, listener: app.getHttpAdapter().getInstance() as unknown as RequestListener };
  },
  async Fastify(module: Type, trustLoopbackProxy = false, prepare: Prepare = () => {}): Promise<Application> {
    const adapter = new FastifyAdapter(trustLoopbackProxy ? { trustProxy: "loopback" } : {});
    const app = await NestFactory.create<NestFastifyApplication>(module, adapter, QUIET);
    prepare(app);
    await app.init();
    const fastify = adapter.getInstance();
    await fastify.ready();
    return { app, listener: (request, response) => fastify.routing(request, response) };
  },
};

type Prepare = (app: INestApplication) => void;

const QUIET = { logger: false, abortOnError: false } as const;

export interface Application {
  readonly app: INestApplication;
  readonly listener: RequestListener;
}

/** Puts an application on real sockets. */
export async function serve(
  { app, listener }: Application,
  certificate: AdapterSetup["certificate"],
): Promise<RunningAdapter> {
  const https = createHttpsServer(certificate, listener);
  const http = createHttpServer(listener);
  const servers: readonly Server[] = [https, http];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  return {
    https,
    http,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
      await app.close();
    },
  };
}
