import { createKeyward } from "@keyward/core";
import { ApiKeyGuard, KeywardModule } from "@keyward/nestjs";
import { openStore } from "@keyward/sql";
import { Module, type DynamicModule } from "@nestjs/common";
import { APP_FILTER, APP_GUARD } from "@nestjs/core";
import { ApiController } from "./api.controller.ts";
import { HealthController } from "./health.controller.ts";
import { V1MeController } from "./me.controller.ts";
import { NothingController } from "./nothing.controller.ts";
import { ClientErrorFilter } from "./client-error.filter.ts";
import type { Environment } from "./setup/environment.ts";
import { limiterFor } from "./setup/limiter.ts";
import { observe } from "./setup/observe.ts";
import { secretsFor } from "./setup/secret.ts";

/** The sample API. Every route requires a key, except those with `@SkipApiKey()`. */
@Module({})
export class AppModule {
  static for(environment: Environment): DynamicModule {
    return {
      module: AppModule,
      imports: [KeywardModule.forRootAsync({ useFactory: () => openKeyward(environment) })],
      controllers: [ApiController, V1MeController, HealthController, NothingController],
      providers: [
        { provide: APP_GUARD, useClass: ApiKeyGuard },
        { provide: APP_FILTER, useClass: ClientErrorFilter },
      ],
    };
  }
}

/** Made when the application starts. The module closes it when the application closes. */
async function openKeyward(environment: Environment) {
  const secret = await secretsFor(environment);
  const kw = createKeyward({
    secret,
    store: await openStore(environment.store),
    limiter: limiterFor(environment.redisUrl),
    plans: { default: { rate: 200, burst: 500, daily: 2000 } },
    // The request id is in the response and in the logs.
    requestIdHeader: "x-request-id",
  });
  return observe(kw, environment);
}
