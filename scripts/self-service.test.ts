import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createKeyward, type ApiKey, type Keyward } from "../packages/core/src/index.ts";
import ts from "typescript";
import { afterEach, describe, expect, it } from "vitest";
import { root } from "./published-packages.mjs";

const PAGE = join(root, "apps/docs/guides/self-service-keys.md");

/** The code that starts a server after each block, and the folder where its imports are found. */
const SERVERS: Readonly<Record<string, { readonly folder: string; readonly suffix: string }>> = {
  Express: {
    folder: "apps/docs",
    suffix: 'import { createServer } from "node:http";\nexport default createServer(app);',
  },
  Koa: {
    folder: "apps/docs",
    suffix:
      'import { createServer } from "node:http";\napp.silent = true;\nexport default createServer(app.callback());',
  },
  NestJS: {
    folder: "apps/nestjs-api",
    suffix: `import "reflect-metadata";
      import { NestFactory } from "@nestjs/core";
      class Root {}
      nest.Module({ controllers: [AccountKeys] })(Root);
      const app = await NestFactory.create(Root, { logger: false });
      await app.init();
      export default app.getHttpServer();`,
  },
  Fastify: { folder: "apps/docs", suffix: "await app.ready();\nexport default app.server;" },
  Hono: {
    folder: "apps/docs",
    suffix: `import { createAdaptorServer } from "@hono/node-server";
      export default createAdaptorServer({ fetch: app.fetch });`,
  },
};

const FRAMEWORKS = Object.keys(SERVERS);
const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

function blockOf(framework: string): string {
  const page = readFileSync(PAGE, "utf8");
  const [, block = ""] = new RegExp(`^\`\`\`\\w+ \\[${framework}\\]\\n([^]*?)^\`\`\``, "m").exec(page) ?? [];
  return block;
}

/** Runs the block of a framework. In it, `kw` and `userOf` are the globals of all blocks. */
async function start(framework: string, kw: Keyward) {
  const { folder, suffix } = SERVERS[framework] as (typeof SERVERS)[string];
  const file = join(root, folder, `block-${randomUUID()}.mjs`);
  const program = ts.transpile(`${blockOf(framework)}\n${suffix}`, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    experimentalDecorators: true,
  });
  writeFileSync(file, program);
  ended.push(() => rmSync(file));
  const userOf = (cookie: string | null) =>
    cookie ? { email: `jane@${cookie}.example`, accountId: cookie } : undefined;
  Object.assign(globalThis, { kw, userOf });
  const { default: server } = (await import(file)) as { readonly default: Server };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ended.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return async (method: string, path: string, { as, body }: { as?: string; body?: object | string } = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}/account/keys${path}`, {
      method,
      headers: { ...(as && { cookie: as }), ...(body && { "content-type": "application/json" }) },
      ...(body && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, json: text.startsWith("{") ? JSON.parse(text) : {} };
  };
}

describe.each(FRAMEWORKS)("the documented routes of %s", (framework) => {
  it("are fewer than 20 lines", () => {
    const lines = blockOf(framework)
      .split("\n")
      .filter((line) => line.trim() !== "");
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length).toBeLessThan(20);
  });

  it("list, create, rotate and revoke the keys of a customer, and reach no other's", async () => {
    const kw = createKeyward();
    const { key: theirs } = await kw.keys.create({ name: "theirs", ownerId: "umbrella" });
    const send = await start(framework, kw);
    for (const [method, path] of [
      ["GET", ""],
      ["POST", ""],
      ["POST", `/${theirs.id}/rotate`],
      ["POST", `/${theirs.id}/revoke`],
    ] as const) {
      expect((await send(method, path)).status, `${method} ${path}`).toBe(401);
    }

    const created = await send("POST", "", {
      as: "acme",
      body: { name: "ci", ownerId: "umbrella", plan: "pro" },
    });
    expect(created).toMatchObject({ status: 201, json: { name: "ci", ownerId: "acme", scopes: [] } });
    expect((await kw.keys.identify(created.json.secret))?.id).toBe(created.json.id);
    const listed = await send("GET", "", { as: "acme" });
    expect(listed.json.keys.map(({ id }: ApiKey) => id)).toEqual([created.json.id]);
    expect(listed.text).not.toContain(created.json.secret);

    for (const action of ["rotate", "revoke"]) {
      const refused = await send("POST", `/${theirs.id}/${action}`, { as: "acme" });
      const missing = await send("POST", `/key_0000000000000000000000/${action}`, { as: "acme" });
      expect([refused.status, missing.status]).toEqual([404, 404]);
      expect(refused.text).not.toContain("theirs");
    }
    expect(await kw.keys.get(theirs.id)).toEqual(theirs);
    expect((await send("GET", "", { as: "stark" })).json).toEqual({ keys: [] });

    const rotated = await send("POST", `/${created.json.id}/rotate`, { as: "acme" });
    expect(rotated.json.lineageId).toBe(created.json.id);
    expect((await kw.keys.identify(rotated.json.secret))?.id).toBe(rotated.json.id);
    const revoked = await send("POST", `/${rotated.json.id}/revoke`, { as: "acme" });
    expect(revoked.json).toMatchObject({ id: rotated.json.id, status: "revoked" });
    expect((await send("POST", "", { as: "acme", body: { name: "" } })).status).toBe(422);
    expect((await send("POST", "", { as: "acme", body: "{" })).status).toBeLessThan(500);
    await kw.close();
  });
});
