import { existsSync } from "node:fs";
import { readSecrets } from "@keyward/core";

/** The settings of a sample, from environment variables. */
export interface Environment {
  /** The address to listen on. Default: loopback, which only this machine reaches. */
  readonly host: string;
  /** Ports; 0 takes a free one. */
  readonly httpsPort: number;
  readonly httpPort: number;
  /** `sqlite:<path>`, `postgres://…` or `memory:`. */
  readonly store: string;
  /** The deployment's secrets, the newest first. */
  readonly secrets: readonly string[] | undefined;
  /** The password of the console. Default: one that is created at the first start. */
  readonly adminPassword: string | undefined;
  /** The Redis that counts for all processes. Default: each process counts on its own. */
  readonly redisUrl: string | undefined;
  /** The proxies to trust: a number of hops, or addresses. Default: none. */
  readonly trustProxy: number | string | undefined;
  /** Files with a certificate and its key. Default: a certificate that is created at start. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** True if events are logged, as lines of JSON. */
  readonly logs: boolean;
  /** The port of the metrics for Prometheus, on 127.0.0.1. Default: no metrics. */
  readonly metricsPort: number | undefined;
  /** The file to write the certificate to, for clients that should trust it. */
  readonly certificateOut: string | undefined;
}

/** Reads the settings from the environment, and from `.env` in the working directory where the environment does not set them. */
export function loadEnvironment(): Environment {
  if (existsSync(".env")) process.loadEnvFile();
  return readEnvironment(process.env);
}

/** Throws an error that says what is wrong and what is accepted. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const text = (name: string) => (env[name] === "" ? undefined : env[name]);
  const port = (name: string, otherwise: number) => {
    const value = Number(text(name) ?? otherwise);
    if (Number.isSafeInteger(value) && value >= 0 && value <= 65_535) return value;
    throw new Error(`${name} must be a port from 0 to 65535; got "${env[name]}".`);
  };
  const [cert, key] = [text("TLS_CERT"), text("TLS_KEY")];
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error("TLS_CERT and TLS_KEY must both be set, or neither.");
  }
  const redisUrl = text("REDIS_URL");
  if (redisUrl !== undefined && !isRedisUrl(redisUrl)) {
    // The value is not repeated: it may contain a password.
    throw new Error(
      "REDIS_URL must be like redis://user:password@host:6379 or rediss://…, with special characters in the password percent-encoded.",
    );
  }
  const trustProxy = text("TRUST_PROXY");
  return {
    host: text("HOST") ?? "127.0.0.1",
    httpsPort: port("PORT", 3443),
    httpPort: port("HTTP_PORT", 3080),
    store: text("KEYWARD_STORE") ?? "sqlite:./keyward.db",
    secrets: readSecrets(env),
    adminPassword: text("ADMIN_PASSWORD"),
    redisUrl,
    trustProxy: trustProxy !== undefined && /^\d+$/.test(trustProxy) ? Number(trustProxy) : trustProxy,
    tls: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    logs: text("LOGS") === "json",
    metricsPort: text("METRICS_PORT") === undefined ? undefined : port("METRICS_PORT", 0),
    certificateOut: text("TLS_CA_OUT"),
  };
}

/** Returns whether Redis clients accept the URL and read its password correctly. */
function isRedisUrl(url: string): boolean {
  return /^rediss?:\/\/[^/?#]+(?:[/?#][^@]*)?$/.test(url) && URL.canParse(url);
}
