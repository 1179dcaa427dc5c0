/**
 * The sample API on Koa. It shows all that an application has to wire: a key store, a Keyward, the
 * middleware on its routes (see app.ts), the console, and an orderly end.
 */
import { createConsole, passwordSignIn } from "@keyward/console";
import { createKeyward } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { createApp } from "./app.ts";
import { adminPassword } from "./setup/admin.ts";
import { certificateFor } from "./setup/certificate.ts";
import { loadEnvironment } from "./setup/environment.ts";
import { limiterFor } from "./setup/limiter.ts";
import { observe } from "./setup/observe.ts";
import { secretsFor } from "./setup/secret.ts";
import { listen } from "./setup/servers.ts";

async function start(): Promise<void> {
  const environment = loadEnvironment();
  const secret = await secretsFor(environment);

  const bare = createKeyward({
    secret,
    store: await openStore(environment.store),
    limiter: limiterFor(environment.redisUrl),
    plans: { default: { rate: 200, burst: 500, daily: 2000 } },
    // The request id is in the response and in the logs.
    requestIdHeader: "x-request-id",
  });
  const kw = observe(bare, environment);

  // Admin > Settings > API Keys, at /admin/. Applications with their own users check permissions here.
  const kwConsole = createConsole(kw, {
    authorize: passwordSignIn(await adminPassword(environment)),
  });

  const app = createApp(kw, { kwConsole, trustProxy: environment.trustProxy });
  const servers = await listen(app.callback(), await certificateFor(environment), environment);
  console.log(`listening https=${servers.httpsPort} http=${servers.httpPort}`);

  async function stop(): Promise<void> {
    await servers.drain();
    // Stores the usage that was gathered, and closes the database.
    await kw.close();
    process.exit(0);
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
