/**
 * The sample API on NestJS. It shows all that an application has to wire: a Keyward and the guard (see
 * app.module.ts), routes with their requirements (api.controller.ts), the platform (platform.ts), the console, and a graceful shutdown.
 */
import "reflect-metadata";
import { createConsole, passwordSignIn } from "@keyward/console";
import { KEYWARD } from "@keyward/nestjs";
import { AppModule } from "./app.module.ts";
import { platformFor } from "./platform.ts";
import { adminPassword } from "./setup/admin.ts";
import { certificateFor } from "./setup/certificate.ts";
import { loadEnvironment } from "./setup/environment.ts";
import { listen } from "./setup/servers.ts";

async function start(): Promise<void> {
  const environment = loadEnvironment();
  const createApplication = platformFor(process.env["NEST_PLATFORM"]);
  const authorize = passwordSignIn(await adminPassword(environment));
  const { app, listener } = await createApplication(AppModule.for(environment), {
    trustProxy: environment.trustProxy,
    // Admin > Settings > API Keys, at /admin/. Applications with their own users check permissions here.
    prepare: (nest) => void nest.use(createConsole(nest.get(KEYWARD), { authorize }).listener),
  });
  const servers = await listen(listener, await certificateFor(environment), environment);
  console.log(`listening https=${servers.httpsPort} http=${servers.httpPort}`);

  async function stop(): Promise<void> {
    await servers.drain();
    // Closes the Keyward: stores the usage that was gathered, and closes the database.
    await app.close();
    process.exit(0);
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
