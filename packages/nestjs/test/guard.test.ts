import {
  ApiKeyException,
  ApiKeyGuard,
  RequestCost,
  CurrentApiKey,
  KeywardModule,
  SkipApiKey,
  RequireScopes,
} from "@keyward/nestjs";
import { keyward } from "@keyward/express";
import { createKeyward, memoryLimiter, type ApiKey, type Limiter } from "@keyward/core";
import {
  Catch,
  Controller,
  Get,
  HttpException,
  Module,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type ExceptionFilter,
} from "@nestjs/common";
import { APP_GUARD, HttpAdapterHost } from "@nestjs/core";
import { describe, expect, it } from "vitest";
import { leftToday, PLATFORMS, testKeys, whileRunning, type Fetcher } from "./ask.ts";

@RequireScopes("read")
@RequestCost(5)
@UseGuards(ApiKeyGuard)
@Controller("things")
class ThingsController {
  @Get("read")
  read(@CurrentApiKey() key: ApiKey) {
    return { name: key.name };
  }

  @RequireScopes("write")
  @Get("write")
  write() {
    return {};
  }

  @RequestCost(0)
  @Get("free")
  free() {
    return {};
  }
}

@Controller("mixed")
class MixedController {
  @SkipApiKey()
  @Get("public")
  public() {
    return { public: true };
  }

  @Get("guarded")
  guarded() {
    return {};
  }
}

@SkipApiKey()
@Controller("public")
class PublicController {
  @Get()
  get() {
    return { public: true };
  }
}

describe.each(PLATFORMS)("the guard on %s", (platform) => {
  it("takes scopes and cost from the method, else from its class", async () => {
    const { kw, key, reader } = await testKeys();
    @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [ThingsController] })
    class AppModule {}
    await whileRunning(platform, AppModule, async (ask) => {
      const read = await ask("/things/read", reader);
      expect(await read.json()).toEqual({ name: "reader" });
      expect(leftToday(read)).toBe(1995);
      const refused = await ask("/things/write", reader);
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({
        code: "insufficient-scope",
        "required-scopes": ["write"],
      });
      expect((await ask("/things/write", key)).status).toBe(200);
      expect(leftToday(await ask("/things/free", reader))).toBe(1995);
    });
  });

  it.each(["through APP_GUARD", "through useGlobalGuards"])(
    "works %s, and counts once with one on the class",
    async (way) => {
      const { kw, reader } = await testKeys();
      const providers = way === "through APP_GUARD" ? [{ provide: APP_GUARD, useClass: ApiKeyGuard }] : [];
      @Module({
        imports: [KeywardModule.forRoot(kw)],
        controllers: [ThingsController, MixedController, PublicController],
        providers,
      })
      class AppModule {}
      const body = async (ask: Fetcher) => {
        expect((await ask("/mixed/guarded")).status).toBe(401);
        expect((await ask("/mixed/public")).status).toBe(200);
        expect((await ask("/public", "not a key")).status).toBe(200);
        expect(leftToday(await ask("/mixed/guarded", reader))).toBe(1999);
        expect(leftToday(await ask("/things/read", reader))).toBe(1994);
      };
      await whileRunning(platform, AppModule, body, (app) => {
        if (way === "through useGlobalGuards") app.useGlobalGuards(app.get(ApiKeyGuard));
      });
    },
  );

  it("gives a filter of the application the refusal, with its headers set", async () => {
    const { kw, key } = await testKeys();
    @Catch(HttpException)
    class OwnFilter implements ExceptionFilter<HttpException> {
      readonly seen: HttpException[] = [];
      catch(exception: HttpException, host: ArgumentsHost) {
        this.seen.push(exception);
        const { httpAdapter } = adapterHost;
        const response: unknown = host.switchToHttp().getResponse();
        httpAdapter.setHeader(response, "content-type", "application/json");
        httpAdapter.reply(response, { oops: true }, exception.getStatus());
      }
    }
    const filter = new OwnFilter();
    let adapterHost!: HttpAdapterHost;
    @UseFilters(filter)
    @UseGuards(ApiKeyGuard)
    @Controller()
    class FilteredController {
      @Get("filtered")
      get() {
        return {};
      }
    }
    @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [FilteredController] })
    class AppModule {}
    await whileRunning(platform, AppModule, async (ask, app) => {
      adapterHost = app.get(HttpAdapterHost);
      const answer = await ask("/filtered", `${key}0`);
      expect([answer.status, await answer.json()]).toEqual([401, { oops: true }]);
      expect(answer.headers.get("www-authenticate")).toContain("ApiKey");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      const [seen] = filter.seen;
      expect(seen).toBeInstanceOf(ApiKeyException);
      expect((seen as ApiKeyException).problem.code).toBe("invalid-api-key");
      expect(seen?.getResponse()).toEqual((seen as ApiKeyException).problem);
    });
  });

  it("fails with an error that says what to do where there is no HTTP request", async () => {
    const { kw } = await testKeys();
    const guard = new ApiKeyGuard(kw);
    const context = {
      getType: () => "rpc",
      getClass: () => ThingsController,
      getHandler: () => ThingsController.prototype.read,
    };
    expect(() => guard.canActivate(context as never)).toThrow(
      /"rpc" \(ThingsController\.read\).*override getRequestResponse\(\)/,
    );
    await kw.close();
  });
});

it("counts once with Keyward's Express middleware in front", async () => {
  const { kw, reader } = await testKeys();
  @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [ThingsController] })
  class AppModule {}
  const behind = (app: { use(middleware: unknown): unknown }) => void app.use(keyward(kw));
  await whileRunning(
    "Express",
    AppModule,
    async (ask) => expect(leftToday(await ask("/things/read", reader))).toBe(1995),
    behind as never,
  );
});

it("counts once where guards run at the same time and the limiter takes its time", async () => {
  const memory = memoryLimiter();
  const limiter: Limiter = {
    consume: async (...asked) => memory.consume(...asked),
    peek: (...asked) => memory.peek(...asked),
    reset: (subject) => memory.reset(subject),
    close: () => memory.close(),
  };
  const kw = createKeyward({ requireHttps: false, limiter });
  const { secret } = await kw.keys.create({ name: "one" });
  const request = {
    headers: { "x-api-key": secret.reveal() },
    protocol: "http",
    ip: "127.0.0.1",
    socket: {},
    app: { get: () => () => false },
  };
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name] = value),
    getHeader: (name: string) => headers[name],
  };
  const context = {
    getType: () => "graphql",
    getClass: () => MixedController,
    getHandler: () => MixedController.prototype.guarded,
    getArgs: () => [],
    getArgByIndex: () => ({ req: request, res: response }),
  };
  const guard = new ApiKeyGuard(kw);
  await Promise.all([1, 2, 3].map(() => guard.canActivate(context as never)));
  expect(headers["RateLimit"]).toContain('"daily";r=1999');
  await kw.close();
});
