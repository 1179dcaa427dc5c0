import "reflect-metadata";
import { createKeyward, type ApiKey, type Keyward } from "@keyward/core";
import {
  ApiKeyGuard,
  RequestCost,
  CurrentApiKey,
  KEYWARD,
  KeywardModule,
  RequireScopes,
} from "@keyward/nestjs";
import { Controller, Get, Inject, Module } from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";

@Controller()
class HelloController {
  private readonly kw: Keyward;

  constructor(@Inject(KEYWARD) kw: Keyward) {
    this.kw = kw;
  }

  @RequireScopes("read")
  @RequestCost(2)
  @Get("hello")
  async hello(@CurrentApiKey() key: ApiKey) {
    const { remaining } = await this.kw.quota(key);
    return { hello: key.name, left: remaining.daily };
  }
}

@Module({
  imports: [
    KeywardModule.forRootAsync({
      useFactory: () => createKeyward({ requireHttps: { allowLoopback: true } }),
    }),
  ],
  controllers: [HelloController],
  providers: [{ provide: APP_GUARD, useClass: ApiKeyGuard }],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ["error"] });
  await app.listen(0, "127.0.0.1");
  const { secret } = await app.get<Keyward>(KEYWARD).keys.create({ name: "consumer", scopes: ["read"] });
  const response = await fetch(`${await app.getUrl()}/hello`, { headers: { "x-api-key": secret.reveal() } });
  console.log(response.status, JSON.stringify(await response.json()));
  await app.close();
}

void main();
