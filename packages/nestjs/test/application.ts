import type { RequestListener } from "node:http";
import * as keywardNestjs from "@keyward/nestjs";
import type { AdapterSetup } from "@keyward/testkit";
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
