import type { Type } from "@nestjs/common";
import { createKeyward, type Keyward } from "@keyward/core";
import { platforms, type NestTestApplication } from "./application.ts";

/** A Keyward for tests that ask over plain HTTP on this machine, with keys to ask with. */
export async function testKeys(): Promise<{ kw: Keyward; key: string; reader: string }> {
  const kw = createKeyward({ requireHttps: false });
  const key = await kw.keys.create({ name: "billing", scopes: ["read", "write"] });
  const reader = await kw.keys.create({ name: "reader", scopes: ["read"] });
  return { kw, key: key.secret.reveal(), reader: reader.secret.reveal() };
}

export type Platform = keyof typeof platforms;
export const PLATFORMS = Object.keys(platforms) as Platform[];

/** Runs a module while a test asks it. */
export async function whileRunning(
  platform: Platform,
  module: Type,
  body: (ask: Fetcher, app: NestTestApplication["app"]) => Promise<void>,
  prepare: (app: NestTestApplication["app"]) => void = () => {},
): Promise<void> {
  const { app } = await platforms[platform](module, false, prepare);
  try {
    await app.listen(0, "127.0.0.1");
    const url = await app.getUrl();
    await body(
      (path, key) => fetch(`${url}${path}`, { headers: key === undefined ? {} : { "x-api-key": key } }),
      app,
    );
  } finally {
    await app.close();
  }
}

export type Fetcher = (path: string, key?: string) => Promise<Response>;

/** Remaining requests of the day, as a response reports them. */
export function leftToday(response: Response): number {
  return Number(/"daily";r=(\d+)/.exec(response.headers.get("ratelimit") ?? "")?.[1]);
}
