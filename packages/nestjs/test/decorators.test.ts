import {
  ApiKeyGuard,
  RequestCost,
  CurrentApiKey,
  KeywardModule,
  SkipApiKey,
  RequireScopes,
} from "@keyward/nestjs";
import { Controller, Get, Injectable, Module, UseGuards, type Provider, type Type } from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";
import { createKeyward, type ApiKey } from "@keyward/core";
import { describe, expect, it } from "vitest";

async function start(
  { controllers = [], providers = [] }: { controllers?: Type[]; providers?: Provider[] },
  options = {},
): Promise<void> {
  const kw = createKeyward();
  @Module({ imports: [KeywardModule.forRoot(kw, options)], controllers, providers })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  try {
    await app.init();
  } finally {
    await app.close();
    await kw.close();
  }
}

const GLOBAL: Provider = { provide: APP_GUARD, useClass: ApiKeyGuard };

@Controller()
class Scoped {
  @RequireScopes("read")
  @Get()
  get() {}
}

@Controller()
class Costly {
  @RequestCost(2)
  @Get()
  get() {}
}

@Controller()
class Opened {
  @SkipApiKey()
  @Get()
  get() {}
}

@RequireScopes("read")
@Controller()
class ScopedClass {
  @Get()
  get() {}
}

@Controller()
class CostController {
  @Get()
  get(@CurrentApiKey() _key: ApiKey) {}
}

@SkipApiKey()
@Controller()
class PublicWithScopes {
  @RequireScopes("read")
  @Get()
  get() {}
}

@Controller()
class PublicFree {
  @SkipApiKey()
  @RequestCost(0)
  @Get()
  get() {}
}

@Controller()
class PublicTaking {
  @SkipApiKey()
  @Get()
  get(@CurrentApiKey() _key: ApiKey) {}
}

@Controller()
class NegativeCost {
  @RequestCost(-1)
  @Get()
  get() {}
}

@Injectable()
class ScopedService {
  @RequireScopes("read")
  read() {}
}

describe("a decorator that has no effect where it stands keeps the application from starting:", () => {
  it.each<[string, Type, RegExp]>([
    [
      "@RequireScopes()",
      Scoped,
      /@RequireScopes\(\) on Scoped\.get has no effect: no ApiKeyGuard applies there/,
    ],
    ["@RequestCost()", Costly, /@RequestCost\(\) on Costly\.get has no effect/],
    ["@SkipApiKey()", Opened, /@SkipApiKey\(\) on Opened\.get has no effect/],
    ["@RequireScopes() of a class", ScopedClass, /@RequireScopes\(\) on ScopedClass has no effect/],
    ["@CurrentApiKey()", CostController, /@CurrentApiKey\(\) on CostController\.get has no effect/],
  ])("%s without a guard", async (_name, controller, message) => {
    await expect(start({ controllers: [controller] })).rejects.toThrow(message);
    await start({ controllers: [controller], providers: [GLOBAL] });
    await start({ controllers: [controller] }, { checkDecorators: false });
  });

  it("@RequireScopes() on a service, which is never called through a guard", async () => {
    await expect(start({ providers: [GLOBAL, ScopedService] })).rejects.toThrow(
      /ScopedService\.read has no effect/,
    );
  });

  it("@RequireScopes() under @SkipApiKey()", async () => {
    await expect(start({ controllers: [PublicWithScopes], providers: [GLOBAL] })).rejects.toThrow(
      "@SkipApiKey() and @RequireScopes() both apply to PublicWithScopes.get",
    );
  });

  it("@RequestCost() under @SkipApiKey(), even one of nothing", async () => {
    await expect(start({ controllers: [PublicFree], providers: [GLOBAL] })).rejects.toThrow(
      "@SkipApiKey() and @RequestCost() both apply to PublicFree.get",
    );
  });

  it("@CurrentApiKey() under @SkipApiKey()", async () => {
    await expect(start({ controllers: [PublicTaking], providers: [GLOBAL] })).rejects.toThrow(
      /@CurrentApiKey\(\) on PublicTaking\.get would never have a key/,
    );
  });

  it("an invalid cost, with its location", async () => {
    await expect(start({ controllers: [NegativeCost], providers: [GLOBAL] })).rejects.toThrow(
      /On NegativeCost\.get: cost must be a whole number, 0 or more, or a function that returns one; got -1/,
    );
  });
});

it("a guard that extends ApiKeyGuard is one", async () => {
  @Injectable()
  class OwnGuard extends ApiKeyGuard {}
  @UseGuards(OwnGuard)
  @Controller()
  class Guarded {
    @RequireScopes("read")
    @Get()
    get() {}
  }
  await expect(start({ controllers: [Guarded] })).resolves.toBeUndefined();
});
