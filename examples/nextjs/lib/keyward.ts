import { createKeyward, type Keyward } from "@keyward/core";
import { sqliteStore } from "@keyward/sql";

async function openKeyward(): Promise<Keyward> {
  // `next build` loads the routes too, where the secret and the database may not exist.
  if (process.env["NEXT_PHASE"] === "phase-production-build") return createKeyward();
  return createKeyward({
    secret: process.env["KEYWARD_SECRET"],
    store: await sqliteStore("keyward.db"),
    plans: { default: { rate: 200, burst: 500, daily: 2000 } },
    // `next dev` serves plain HTTP.
    requireHttps: process.env.NODE_ENV === "production",
  });
}

// Next.js loads a module once for each route. All of them share this Keyward.
const shared = globalThis as { openKeyward?: Promise<Keyward> };
export const kw = await (shared.openKeyward ??= openKeyward());
