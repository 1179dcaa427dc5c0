import { ApiKeyGuard, Cost, CurrentApiKey, KeywardModule, Public, Scopes } from "@keyward/nestjs";
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
  @Scopes("read")
  @Get()
  get() {}
}

@Controller()
class Costly {
  @Cost(2)
  @Get()
  get() {}
}

@Controller()
class Opened {
  @Public()
  @Get()
  get() {}
}

@Scopes("read")
@Controller()
class ScopedClass {
  @Get()
  get() {}
}

@Controller()
class Taking {
  @Get()
  get(@CurrentApiKey() _key: ApiKey) {}
}

@Public()
@Controller()
class PublicWithScopes {
  @Scopes("read")
  @Get()
  get() {}
}

@Controller()
class PublicFree {
  @Public()
  @Cost(0)
  @Get()
  get() {}
}

@Controller()
class PublicTaking {
  @Public()
  @Get()
  get(@CurrentApiKey() _key: ApiKey) {}
}

@Controller()
class NegativeCost {
  @Cost(-1)
  @Get()
  get() {}
}

@Injectable()
class ScopedService {
  @Scopes("read")
  read() {}
}

describe("a decorator that has no effect where it stands keeps the application from starting:", () => {
  it.each<[string, Type, RegExp]>([
    ["@Scopes()", Scoped, /@Scopes\(\) on Scoped\.get has no effect: no ApiKeyGuard stands there/],
    ["@Cost()", Costly, /@Cost\(\) on Costly\.get has no effect/],
    ["@Public()", Opened, /@Public\(\) on Opened\.get has no effect/],
    ["@Scopes() of a class", ScopedClass, /@Scopes\(\) on ScopedClass has no effect/],
    ["@CurrentApiKey()", Taking, /@CurrentApiKey\(\) on Taking\.get has no effect/],
  ])("%s without a guard", async (_name, controller, message) => {
    await expect(start({ controllers: [controller] })).rejects.toThrow(message);
    await start({ controllers: [controller], providers: [GLOBAL] });
    await start({ controllers: [controller] }, { checkDecorators: false });
  });

  it("@Scopes() on a service, which is never called through a guard", async () => {
    await expect(start({ providers: [GLOBAL, ScopedService] })).rejects.toThrow(
      /ScopedService\.read has no effect/,
    );
  });

  it("@Scopes() under @Public()", async () => {
    await expect(start({ controllers: [PublicWithScopes], providers: [GLOBAL] })).rejects.toThrow(
      "@Public() and @Scopes() both apply to PublicWithScopes.get",
    );
  });

  it("@Cost() under @Public(), even one of nothing", async () => {
    await expect(start({ controllers: [PublicFree], providers: [GLOBAL] })).rejects.toThrow(
      "@Public() and @Cost() both apply to PublicFree.get",
    );
  });

  it("@CurrentApiKey() under @Public()", async () => {
    await expect(start({ controllers: [PublicTaking], providers: [GLOBAL] })).rejects.toThrow(
      /@CurrentApiKey\(\) on PublicTaking\.get would never be given a key/,
    );
  });

  it("a cost that is none, named with its place", async () => {
    await expect(start({ controllers: [NegativeCost], providers: [GLOBAL] })).rejects.toThrow(
      /On NegativeCost\.get: cost: got -1/,
    );
  });
});

it("a guard that extends ApiKeyGuard is one", async () => {
  @Injectable()
  class OwnGuard extends ApiKeyGuard {}
  @UseGuards(OwnGuard)
  @Controller()
  class Guarded {
    @Scopes("read")
    @Get()
    get() {}
  }
  await expect(start({ controllers: [Guarded] })).resolves.toBeUndefined();
});
