import type { RequestListener } from "node:http";
import { createKeyward, type Keyward } from "@keyward/core";
import { keyward } from "@keyward/express";
import { onTestFinished } from "vitest";
import { createApp } from "../../../nestjs-api/test/create-app.ts";
import { testCors } from "../../src/index.ts";

type Application = Awaited<ReturnType<typeof createApp>>;

async function start(kw: Keyward, prepare: (app: Application) => void): Promise<RequestListener> {
  const app = await createApp(kw);
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
