import type { RequestListener } from "node:http";
import { createKeyward, type Keyward } from "@keyward/core";
import { keyward } from "@keyward/express";
import { KEYWARD } from "@keyward/nestjs";
import { readEnvironment } from "@keyward/sample";
import { testCors } from "@keyward/sample/testing";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { Test } from "@nestjs/testing";
import { onTestFinished } from "vitest";
import { AppModule } from "../src/app.module.ts";

async function start(kw: Keyward, prepare: (app: NestExpressApplication) => void): Promise<RequestListener> {
  const module = await Test.createTestingModule({ imports: [AppModule.for(readEnvironment({}))] })
    .overrideProvider(KEYWARD)
    .useValue(kw)
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ logger: false });
  prepare(app);
  await app.init();
  onTestFinished(() => app.close());
  return app.getHttpAdapter().getInstance() as unknown as RequestListener;
}

testCors(
  "the sample on Nest",
  {
    before: (kw) => start(kw, (app) => app.enableCors()),
    behind: (kw) =>
      start(kw, (app) => {
        app.use(keyward(kw));
        app.enableCors();
      }),
  },
  createKeyward,
);
