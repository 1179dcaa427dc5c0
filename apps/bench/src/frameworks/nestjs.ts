import "reflect-metadata";
import type { RequestListener, ServerResponse } from "node:http";
import { ApiKeyGuard, KeywardModule, type FastifyReply } from "@keyward/nestjs";
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  UnauthorizedException,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type Provider,
} from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { ThrottlerGuard, ThrottlerModule } from "@nestjs/throttler";
import { doTheLeast, HUGE, WINDOWS, type CreateApps } from "./apps.ts";
import { PeerKeys } from "./peer-keys.ts";

@Controller("v1")
class HelloController {
  @Get("hello")
  hello() {
    return { hello: "bench" };
  }
}

@Module({})
class AppModule {}

function moduleOf(imports: DynamicModule[] = [], providers: Provider[] = []): DynamicModule {
  return { module: AppModule, imports, controllers: [HelloController], providers };
}

type Identified = { headers: Record<string, unknown>; keyId?: string };

@Injectable()
class LookUpGuard implements CanActivate {
  readonly #keys: PeerKeys;

  constructor(@Inject(PeerKeys) keys: PeerKeys) {
    this.#keys = keys;
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Identified>();
    const id = this.#keys.idOf(request.headers["x-api-key"]);
    if (id === undefined) throw new UnauthorizedException();
    request.keyId = id;
    return true;
  }
}

@Injectable()
class KeyThrottlerGuard extends ThrottlerGuard {
  protected override async getTracker(request: Identified): Promise<string> {
    return request.keyId as string;
  }
}

@Injectable()
class LeastGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const response = http.getResponse<ServerResponse | FastifyReply>();
    doTheLeast(http.getRequest<Identified>().headers["x-api-key"], (name, value) => {
      if ("setHeader" in response) response.setHeader(name, value);
      else response.header(name, value);
    });
    return true;
  }
}

function peer(key: string): DynamicModule {
  const throttlers = Object.entries(WINDOWS).map(([name, ttl]) => ({ name, ttl, limit: HUGE }));
  return moduleOf(
    [ThrottlerModule.forRoot({ throttlers })],
    [
      { provide: PeerKeys, useValue: new PeerKeys(key) },
      { provide: APP_GUARD, useClass: LookUpGuard },
      { provide: APP_GUARD, useClass: KeyThrottlerGuard },
    ],
  );
}

const QUIET = { logger: false } as const;

async function onExpress(module: DynamicModule): Promise<RequestListener> {
  const app = await NestFactory.create(module, new ExpressAdapter(), QUIET);
  await app.init();
  return app.getHttpAdapter().getInstance() as RequestListener;
}

async function onFastify(module: DynamicModule): Promise<RequestListener> {
  const adapter = new FastifyAdapter();
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, QUIET);
  await app.init();
  await adapter.getInstance().ready();
  return (request, response) => adapter.getInstance().routing(request, response);
}

const createAppsOn =
  (platform: typeof onExpress): CreateApps =>
  async (kw, key) => ({
    bare: await platform(moduleOf()),
    least: await platform(moduleOf([], [{ provide: APP_GUARD, useClass: LeastGuard }])),
    guarded: await platform(
      moduleOf([KeywardModule.forRoot(kw)], [{ provide: APP_GUARD, useClass: ApiKeyGuard }]),
    ),
    peer: await platform(peer(key)),
  });

export const createNestExpressApps = createAppsOn(onExpress);
export const createNestFastifyApps = createAppsOn(onFastify);
