import type { Keyward } from "@keyward/core";
import { KEYWARD } from "@keyward/nestjs";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { Test } from "@nestjs/testing";
import { AppModule } from "../src/app.module.ts";
import { readEnvironment } from "../src/setup/environment.ts";

/** Creates the application with another Keyward, which the application closes with itself. */
export async function createApp(kw: Keyward): Promise<NestExpressApplication> {
  const module = await Test.createTestingModule({ imports: [AppModule.for(readEnvironment({}))] })
    .overrideProvider(KEYWARD)
    .useValue(kw)
    .compile();
  return module.createNestApplication<NestExpressApplication>({ logger: false });
}
