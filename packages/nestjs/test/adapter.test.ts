import { testAdapter } from "@keyward/testkit";
import { describe, it } from "vitest";
import { moduleFor, platforms, serve } from "./application.ts";
import { NEST } from "./nest-version.ts";

for (const [platform, create] of Object.entries(platforms)) {
  testAdapter(
    { describe, it },
    {
      name: `Nest ${NEST} on ${platform}`,
      listen: async (setup) =>
        serve(await create(moduleFor(setup), setup.trustLoopbackProxy), setup.certificate),
    },
  );
}
