import type { RequestListener } from "node:http";
import type { DynamicModule, INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Environment } from "./setup/environment.ts";

export interface Application {
  readonly app: INestApplication;
  /** The request listener, for the servers. */
  readonly listener: RequestListener;
}

/** Makes the application, which trusts no X-Forwarded-… headers by default: otherwise any client could claim HTTPS. */
export type CreateApplication = (
  module: DynamicModule,
  options: {
    readonly trustProxy: Environment["trustProxy"];
    /** Prepares the application before its routes are registered, for example to mount middleware. */
    readonly prepare: (app: INestApplication) => void;
  },
) => Promise<Application>;

/** A reply of Fastify. */
interface Reply {
  status(code: number): { send(...body: never[]): unknown };
}

/** main.ts prints errors at startup. */
const OPTIONS: { logger: ["error", "warn"]; abortOnError: false } = {
  logger: ["error", "warn"],
  abortOnError: false,
};

const platforms: Readonly<Record<string, CreateApplication>> = {
  async express(module, { trustProxy, prepare }) {
    const app = await NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), OPTIONS);
    if (trustProxy !== undefined) app.set("trust proxy", trustProxy);
    prepare(app);
    await app.init();
    const express = app.getHttpAdapter().getInstance() as unknown as RequestListener;
    return { app, listener: express };
  },

  async fastify(module, { trustProxy, prepare }) {
    if (typeof trustProxy === "number") {
      throw new Error(
        `TRUST_PROXY must be addresses on Fastify, such as loopback, not a number of hops; got ${trustProxy}.`,
      );
    }
    const adapter = new FastifyAdapter({
      ...(trustProxy !== undefined && { trustProxy }),
      // Fastify's own response repeats the path, and a client may have put its key there.
      frameworkErrors(error: { statusCode?: number | undefined }, _request: unknown, reply: Reply) {
        reply.status(error.statusCode ?? 400).send({ error: "The request is malformed." } as never);
      },
    });
    const app = await NestFactory.create<NestFastifyApplication>(module, adapter, OPTIONS);
    prepare(app);
    await app.init();
    const fastify = adapter.getInstance();
    await fastify.ready();
    return { app, listener: (request, response) => fastify.routing(request, response) };
  },
};

/** The platform that `NEST_PLATFORM` names. */
export function platformFor(name = "express"): CreateApplication {
  const platform = platforms[name];
  if (platform === undefined) throw new Error(`NEST_PLATFORM must be express or fastify; got "${name}".`);
  return platform;
}
