import { ApiKeyGuard, KEYWARD, KeywardModule } from "@keyward/nestjs";
import { createKeyward, type Keyward } from "@keyward/core";
import { Controller, Get, Inject, Module, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { expect, it, vi } from "vitest";

const QUIET = { logger: false, abortOnError: false } as const;

@Module({
  providers: [{ provide: "SECRET", useValue: "a secret for tests, and for nothing else" }],
  exports: ["SECRET"],
})
class ConfigModule {}

it("closes the Keyward that its factory made, and leaves one that it was given", async () => {
  const kw = createKeyward();
  const closingGiven = vi.spyOn(kw, "close");
  @Module({ imports: [KeywardModule.forRoot(kw)] })
  class GivenModule {}
  await (await NestFactory.create(GivenModule, QUIET)).close();
  expect(closingGiven).not.toHaveBeenCalled();
  await kw.close();

  @Module({
    imports: [
      KeywardModule.forRootAsync({
        imports: [ConfigModule],
        inject: ["SECRET"],
        useFactory: async (secret: string) => createKeyward({ secret }),
      }),
    ],
  })
  class AsyncModule {}
  const app = await NestFactory.create(AsyncModule, QUIET);
  const closingMade = vi.spyOn(app.get<Keyward>(KEYWARD), "close");
  await app.close();
  expect(closingMade).toHaveBeenCalledOnce();
});

it("provides the Keyward and the guard to other modules", async () => {
  const kw = createKeyward();
  @UseGuards(ApiKeyGuard)
  @Controller()
  class FeatureController {
    constructor(@Inject(KEYWARD) readonly keyward: Keyward) {}
    @Get()
    get() {}
  }
  @Module({ controllers: [FeatureController] })
  class FeatureModule {}
  @Module({ imports: [KeywardModule.forRoot(kw), FeatureModule] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, QUIET);
  expect(app.get(FeatureController, { strict: false }).keyward).toBe(kw);
  await app.close();

  @Module({ imports: [KeywardModule.forRoot(kw, { global: false }), FeatureModule] })
  class LocalModule {}
  await expect(NestFactory.create(LocalModule, QUIET)).rejects.toThrow(
    /KeywardModule\.forRoot\(\) provides it/,
  );
  await kw.close();
});

it("names what is wrong where it gets no Keyward", async () => {
  const message = /kw must be the result of createKeyward\(\); got undefined/;
  expect(() => KeywardModule.forRoot(undefined as never)).toThrow(message);
  expect(() => KeywardModule.forRoot(Promise.resolve(createKeyward()) as never)).toThrow(
    /Await the promise first/,
  );
  @Module({ imports: [KeywardModule.forRootAsync({ useFactory: () => undefined as never })] })
  class AppModule {}
  await expect(NestFactory.create(AppModule, QUIET)).rejects.toThrow(message);
});
