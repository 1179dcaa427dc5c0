import { ApiKeyGuard, CurrentApiKey, KeywardModule, RequireScopes } from "@keyward/nestjs";
import { createKeyward, type ApiKey } from "@keyward/core";
import {
  Controller,
  Get,
  Injectable,
  Module,
  UseGuards,
  type ExecutionContext,
  type Type,
} from "@nestjs/common";
import { APP_GUARD, NestFactory } from "@nestjs/core";
import { MessagePattern } from "@nestjs/microservices";
import { WsAdapter } from "@nestjs/platform-ws";
import { Test } from "@nestjs/testing";
import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { describe, expect, it } from "vitest";

@Injectable()
class SocketGuard extends ApiKeyGuard {
  protected override getRequestResponse(context: ExecutionContext) {
    return { request: context.switchToWs().getClient() };
  }
}

@Controller()
class Messages {
  @RequireScopes("admin")
  @MessagePattern("secret")
  secret() {
    return "secret";
  }
}

@RequireScopes("admin")
@Controller()
class Mixed {
  @Get("hello")
  hello() {
    return {};
  }
  @MessagePattern("secret")
  secret() {
    return "secret";
  }
}

@WebSocketGateway()
class Gateway {
  @RequireScopes("admin")
  @SubscribeMessage("secret")
  secret() {
    return { event: "secret", data: "secret" };
  }
}

@WebSocketGateway()
class TakingGateway {
  @SubscribeMessage("secret")
  secret(@CurrentApiKey() _key: ApiKey) {
    return {};
  }
}

@UseGuards(ApiKeyGuard)
@WebSocketGateway()
class PlainlyGuardedGateway extends Gateway {}

@UseGuards(SocketGuard)
@WebSocketGateway()
class GuardedGateway extends Gateway {}

@WebSocketGateway()
class OpenGateway {
  @SubscribeMessage("open")
  open() {
    return { event: "open", data: 1 };
  }
}

async function start(controllers: Type[], providers: Type[]): Promise<void> {
  const kw = createKeyward();
  @Module({
    imports: [KeywardModule.forRoot(kw)],
    controllers,
    providers: [...providers, { provide: APP_GUARD, useClass: ApiKeyGuard }],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  try {
    await app.init();
  } finally {
    await app.close();
    await kw.close();
  }
}

describe("decorators on message handlers keep the application from starting, although there is a global guard:", () => {
  it.each<[string, Type[], Type[], RegExp]>([
    [
      "@MessagePattern()",
      [Messages],
      [],
      /@RequireScopes\(\) applies to Messages\.secret, a message handler/,
    ],
    [
      "@MessagePattern() under those of the class",
      [Mixed],
      [],
      /@RequireScopes\(\) applies to Mixed\.secret/,
    ],
    ["@SubscribeMessage()", [], [Gateway], /@RequireScopes\(\) applies to Gateway\.secret/],
    ["@CurrentApiKey()", [], [TakingGateway], /@CurrentApiKey\(\) applies to TakingGateway\.secret/],
    ["a guard that finds no request", [], [PlainlyGuardedGateway], /PlainlyGuardedGateway\.secret/],
  ])("%s", async (_name, controllers, providers, message) => {
    await expect(start(controllers, providers)).rejects.toThrow(message);
  });
});

it("starts with message handlers that are guarded, or say nothing about keys", async () => {
  await expect(start([], [GuardedGateway, OpenGateway])).resolves.not.toThrow();
});

it("starts in tests that replace the guard", async () => {
  @Controller("v1")
  class Scoped {
    @RequireScopes("reports:read")
    @Get()
    get() {
      return 1;
    }
  }
  const kw = createKeyward();
  @Module({
    imports: [KeywardModule.forRoot(kw)],
    controllers: [Scoped],
    providers: [{ provide: APP_GUARD, useExisting: ApiKeyGuard }],
  })
  class AppModule {}
  const module = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(ApiKeyGuard)
    .useValue({ canActivate: () => true })
    .compile();
  const app = module.createNestApplication({ logger: false });
  await expect(app.init()).resolves.toBe(app);
  await app.close();
  await kw.close();
});
