import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accepts } from "./accepts.ts";
import { freePort } from "./free-port.ts";

/** An nginx that ends HTTPS and hands requests on over plain HTTP. */
export interface NginxServer {
  readonly httpsPort: number;
  /** The URL for plain HTTP, which is reported to the application. */
  readonly httpPort: number;
  stop(): Promise<void>;
}

/**
 * Starts one in front of an application on 127.0.0.1, with the headers that nginx's documentation has a proxy
 * set: the scheme as nginx saw it, and the client's address added to those that the client claims.
 */
export async function startNginx({
  appPort,
  certificate,
  location = nginxLocation(appPort),
}: {
  readonly appPort: number;
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Another configuration of how requests are passed on. */
  readonly location?: string;
}): Promise<NginxServer> {
  const folder = mkdtempSync(join(tmpdir(), "keyward-nginx-"));
  const [httpsPort, httpPort] = [await freePort(), await freePort()];
  writeFileSync(join(folder, "cert.pem"), certificate.cert);
  writeFileSync(join(folder, "key.pem"), certificate.key);
  writeFileSync(join(folder, "nginx.conf"), configuration(folder, { location, httpsPort, httpPort }));

  const server = spawn("nginx", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  server.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  server.on("error", (error) => (output += String(error)));

  async function stop(): Promise<void> {
    if (server.exitCode === null && server.signalCode === null && server.pid !== undefined) {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  }

  for (let tries = 0; tries < 200; tries += 1) {
    if (await accepts(httpsPort)) return { httpsPort, httpPort, stop };
    if (server.exitCode !== null) break;
    await sleep(25);
  }
  await stop();
  throw new Error(`nginx did not start:\n${output}`);
}

function configuration(
  folder: string,
  { location, httpsPort, httpPort }: { location: string; httpsPort: number; httpPort: number },
): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  server {
    listen 127.0.0.1:${httpsPort} ssl;
    listen 127.0.0.1:${httpPort};
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ${location}
  }
}
`;
}

/** The proxy settings, the same as in the documentation. */
export function nginxLocation(appPort: number): string {
  return `location / {
  proxy_pass http://127.0.0.1:${appPort};
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
}`;
}
