import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/express";
import { testCors } from "../../src/index.ts";
import cors from "cors";
import express from "express";
import { createApp } from "../../../express-api/src/app.ts";

testCors(
  "the sample on Express",
  {
    before: (kw) => express().use(cors()).use(createApp(kw)),
    behind: (kw) => express().use(keyward(kw)).use(cors()).use(createApp(kw)),
  },
  createKeyward,
);
