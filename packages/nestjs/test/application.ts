import type { RequestListener } from "node:http";
import * as keywardNestjs from "@keyward/nestjs";
import { optionsFor, type AdapterSetup, type TestCall, type TestRoute } from "@keyward/testkit";
import {
  Controller,
  Get,
  Module,
  Options,
  Post,
  Req,
  Res,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";

interface AnyRequest {
  readonly query: Record<string, string | undefined>;
  readonly res?: { locals: object };
  apiKey?: unknown;
}

interface AnyResponse {
  statusCode: number;
  status(status: number): AnyResponse;
  header(name: string, value: string): AnyResponse;
  send(body: unknown): unknown;
}

const toCall = (context: ExecutionContext): TestCall => {
  const http = context.switchToHttp();
  return {
    query: (name) => http.getRequest<AnyRequest>().query[name],
    status: () => http.getResponse<AnyResponse>().statusCode,
    respond: (status, text) =>
      http.getResponse<AnyResponse>().status(status).header("content-type", "text/plain").send(text),
  };
};

const before: CanActivate = {
  canActivate(context) {
    context.switchToHttp().getRequest<AnyRequest>().apiKey = "of the application";
    return true;
  },
};

const between: CanActivate = {
  canActivate(context) {
    const { res } = context.switchToHttp().getRequest<AnyRequest>();
    if (res !== undefined) res.locals = {};
    return true;
  },
};

/**
 * A controller for a route. An outer mount is a guard of another class, which reads its options from another method: decorators on one handler are the same for all guards.
 */
function controllerFor(
  { method = "GET", path, mounts, interferes = false, handle }: TestRoute,
  { ApiKeyGuard, ApiKeyOptions, apiKeyOf, admissionOf }: typeof keywardNestjs,
): Type {
  class RouteController {
    handle(request: AnyRequest, response: AnyResponse): void {
      const {
        status = 200,
        headers = {},
        body,
      } = handle({
        apiKey: request.apiKey,
        apiKeyOf: () => apiKeyOf(request),
        admissionOf: () => admissionOf(request),
      });
      response.status(status);
      for (const [name, value] of Object.entries(headers)) response.header(name, value);
      response.send(body);
    }
  }
  const guards = mounts.map((mount, index) => {
    if (index === mounts.length - 1) return ApiKeyGuard;
    class OuterMount {
      handle() {}
    }
    decorate(OuterMount.prototype, "handle", ApiKeyOptions(optionsFor(mount, toCall)));
    class OuterGuard extends ApiKeyGuard {
      override canActivate(context: ExecutionContext) {
        const outer = { getClass: () => OuterMount, getHandler: () => OuterMount.prototype.handle };
        return super.canActivate(Object.assign(Object.create(context), outer) as ExecutionContext);
      }
    }
    return OuterGuard;
  });
  const last = mounts.at(-1);
  const verb = { GET: Get, POST: Post, OPTIONS: Options }[method];
  const all = interferes ? [before, ...guards.flatMap((guard) => [guard, between])] : guards;
  decorate(
    RouteController.prototype,
    "handle",
    verb(path),
    ...(last === undefined ? [] : [ApiKeyOptions(optionsFor(last, toCall))]),
    ...(all.length === 0 ? [] : [UseGuards(...all)]),
  );
  Req()(RouteController.prototype, "handle", 0);
  Res()(RouteController.prototype, "handle", 1);
  Controller()(RouteController);
  return RouteController;
}

function decorate(prototype: object, name: string, ...decorators: MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  for (const decorator of decorators) decorator(prototype, name, descriptor);
}

/** The routes of the suite, with the adapter as one of its builds. */
export function moduleFor(
  { kw, routes }: Pick<AdapterSetup, "kw" | "routes">,
  build: typeof keywardNestjs = keywardNestjs,
): Type {
  @Module({
    imports: [build.KeywardModule.forRoot(kw, { checkDecorators: true })],
    controllers: [build.MeController, ...routes.map((route) => controllerFor(route, build))],
  })
  class AppModule {}
  return AppModule;
}

export const platforms = {
  async Express(
    module: Type,
    trustLoopbackProxy = false,
    prepare: Prepare = () => {},
  ): Promise<NestTestApplication> {
    const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), QUIET);
    if (trustLoopbackProxy) app.set("trust proxy", "loopback");
    prepare(app);
    await app.init();
    return { app, listener: app.getHttpAdapter().getInstance() as unknown as RequestListener };
  },
  async Fastify(
    module: Type,
    trustLoopbackProxy = false,
    prepare: Prepare = () => {},
  ): Promise<NestTestApplication> {
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

export interface NestTestApplication {
  readonly app: INestApplication;
  readonly listener: RequestListener;
}
