import cors from "@koa/cors";
import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/koa";
import { testCors } from "../../src/index.ts";
import Koa from "koa";
import mount from "koa-mount";
import { createApp } from "../../../koa-api/src/app.ts";

testCors(
  "the sample on Koa",
  {
    before: (kw) =>
      new Koa()
        .use(cors())
        .use(mount(createApp(kw)))
        .callback(),
    behind: (kw) =>
      new Koa()
        .use(keyward(kw))
        .use(cors())
        .use(mount(createApp(kw)))
        .callback(),
  },
  createKeyward,
);
