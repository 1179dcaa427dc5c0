import { ApiKeyException, ApiKeyGuard, KeywardModule, type KeywardSourceFactory } from "@keyward/nestjs";
import { createKeyward } from "@keyward/core";
import {
  Catch,
  Controller,
  Get,
  Injectable,
  Module,
  UseGuards,
  type ArgumentsHost,
  type ExceptionFilter,
  type ExecutionContext,
  type Type,
} from "@nestjs/common";
import { APP_FILTER, APP_GUARD, HttpAdapterHost } from "@nestjs/core";
import { describe, expect, it } from "vitest";
import { PLATFORMS, testKeys, whileRunning } from "./ask.ts";

@Catch(ApiKeyException)
class OwnFilter implements ExceptionFilter<ApiKeyException> {
  constructor(readonly host: HttpAdapterHost) {}
  catch(exception: ApiKeyException, host: ArgumentsHost) {
    this.host.httpAdapter.reply(
      host.switchToHttp().getResponse(),
      { own: exception.problem.code },
      exception.getStatus(),
    );
  }
}
Reflect.defineMetadata("design:paramtypes", [HttpAdapterHost], OwnFilter);

@Catch()
class CatchAll extends OwnFilter {}
Reflect.defineMetadata("design:paramtypes", [HttpAdapterHost], CatchAll);

@Controller()
class HelloController {
  @Get("hello")
  hello() {
    return { hello: true };
  }
}

const filterModule = (filter: Type): Type => {
  @Module({ providers: [{ provide: APP_FILTER, useClass: filter }] })
  class FilterModule {}
  return FilterModule;
};

describe.each(PLATFORMS)("a filter of the application, on %s", (platform) => {
  it.each(["beside the module", "in a module before", "in a module after"])(
    "responds to refusals where it is provided %s, with the headers of the refusal",
    async (place) => {
      const { kw, key } = await testKeys();
      for (const filter of [OwnFilter, CatchAll]) {
        const module = filterModule(filter);
        @Module({
          imports: [
            ...(place === "in a module before" ? [module] : []),
            KeywardModule.forRoot(kw),
            ...(place === "in a module after" ? [module] : []),
          ],
          controllers: [HelloController],
          providers: [
            { provide: APP_GUARD, useClass: ApiKeyGuard },
            ...(place === "beside the module" ? [{ provide: APP_FILTER, useClass: filter }] : []),
          ],
        })
        class AppModule {}
        await whileRunning(platform, AppModule, async (ask) => {
          const refused = await ask("/hello");
          expect([refused.status, await refused.json()]).toEqual([401, { own: "missing-api-key" }]);
          expect(refused.headers.get("content-type")).toContain("application/json");
          expect(refused.headers.get("www-authenticate")).toContain("ApiKey");
          expect(refused.headers.get("cache-control")).toBe("no-store");
          expect((await ask("/hello", key)).status).toBe(200);
        });
      }
      await kw.close();
    },
  );

  it("is not needed: the problem document is sent without one", async () => {
    const { kw } = await testKeys();
    @Module({
      imports: [KeywardModule.forRoot(kw)],
      controllers: [HelloController],
      providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }],
    })
    class AppModule {}
    await whileRunning(platform, AppModule, async (ask) => {
      expect((await ask("/hello")).headers.get("content-type")).toBe("application/problem+json");
    });
    await kw.close();
  });
});

describe.each(PLATFORMS)("a guard that catches the refusal, on %s", (platform) => {
  it("leaves no headers of the refusal on the response", async () => {
    const { kw } = await testKeys();
    @Injectable()
    class LenientGuard extends ApiKeyGuard {
      override async canActivate(context: ExecutionContext): Promise<boolean> {
        try {
          return await super.canActivate(context);
        } catch {
          return true;
        }
      }
    }
    @UseGuards(LenientGuard)
    @Controller()
    class LenientController extends HelloController {}
    @Module({ imports: [KeywardModule.forRoot(kw)], controllers: [LenientController] })
    class AppModule {}
    await whileRunning(platform, AppModule, async (ask) => {
      const response = await ask("/hello");
      expect(response.status).toBe(200);
      for (const name of ["www-authenticate", "cache-control", "ratelimit"]) {
        expect(response.headers.get(name), name).toBeNull();
      }
      expect(response.headers.get("content-type")).toContain("application/json");
    });
    await kw.close();
  });
});

describe("forRootAsync", () => {
  @Injectable()
  class Configuration implements KeywardSourceFactory {
    createKeyward() {
      return { requireHttps: false, plans: { default: { daily: 7 } } };
    }
  }
  @Module({ providers: [Configuration], exports: [Configuration] })
  class ConfigurationModule {}

  it.each([
    ["useClass", { useClass: Configuration }],
    ["useExisting", { imports: [ConfigurationModule], useExisting: Configuration }],
    ["useFactory with options", { useFactory: () => new Configuration().createKeyward() }],
    [
      "useFactory with a Keyward",
      { useFactory: async () => createKeyward(new Configuration().createKeyward()) },
    ],
  ])("creates the Keyward by %s", async (_way, options) => {
    @Module({
      imports: [KeywardModule.forRootAsync(options)],
      controllers: [HelloController],
      providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }],
    })
    class AppModule {}
    await whileRunning("Express", AppModule, async (ask) => {
      expect((await ask("/hello")).status).toBe(401);
    });
  });

  it("forRoot creates one from options", async () => {
    @Module({
      imports: [
        KeywardModule.forRoot({ requireHttps: false, environments: ["test"], checkDecorators: false }),
      ],
      controllers: [HelloController],
      providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }],
    })
    class AppModule {}
    await whileRunning("Express", AppModule, async (ask) => expect((await ask("/hello")).status).toBe(401));
  });
});
