import { createRequire } from "node:module";
import * as adapter from "@keyward/nestjs";
import { testAdapter } from "@keyward/testkit";
import { describe, it } from "vitest";
import { moduleFor, platforms } from "./application.ts";
import { NEST } from "./nest-version.ts";

const builds: Record<string, typeof adapter> = { "": adapter };
// As CommonJS programs get it, which is what was built. It finds the Nest that is installed beside it.
if (NEST === "12") builds[", CommonJS"] = createRequire(import.meta.url)("@keyward/nestjs") as typeof adapter;

for (const [suffix, build] of Object.entries(builds)) {
  for (const [platform, create] of Object.entries(platforms)) {
    testAdapter(
      { describe, it },
      {
        name: `Nest ${NEST} on ${platform}${suffix}`,
        ...(platform === "Fastify" && { lacks: ["unread bodies"] as const }),
        async start(setup) {
          const { app, listener } = await create(moduleFor(setup, build), setup.trustLoopbackProxy);
          return { listener, close: () => app.close() };
        },
      },
    );
  }
}
