import { readSecrets } from "@keyward/core";

/** What the sample reads from its environment. */
export interface Environment {
  /** Ports; 0 takes a free one. */
  readonly httpsPort: number;
  readonly httpPort: number;
  /** `sqlite:<path>`, `postgres://…` or `memory:`. */
  readonly store: string;
  /** The deployment's secrets, the newest first. */
  readonly secrets: readonly string[] | undefined;
  /** What signs in to the console; made at the first start if left out. */
  readonly adminPassword: string | undefined;
  /** Where limits are counted for all processes together; in this one if left out. */
  readonly redisUrl: string | undefined;
  /** Express's `trust proxy`: a number of hops, or addresses; nothing is trusted if left out. */
  readonly trustProxy: number | string | undefined;
  /** Files with a certificate and its key; one is made at start if left out. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Whether events are logged, as lines of JSON. */
  readonly logs: boolean;
  /** Where Prometheus finds metrics, on 127.0.0.1; nowhere if left out. */
  readonly metricsPort: number | undefined;
  /** Where to write the certificate, for clients that are to trust it. */
  readonly certificateOut: string | undefined;
}

/** Reads the environment. Throws with what is wrong and what is wanted. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const text = (name: string) => (env[name] === "" ? undefined : env[name]);
  const port = (name: string, otherwise: number) => {
    const value = Number(text(name) ?? otherwise);
    if (Number.isSafeInteger(value) && value >= 0 && value <= 65_535) return value;
    throw new Error(`${name}: got "${env[name]}", wants a port from 0 to 65535.`);
  };
  const [cert, key] = [text("TLS_CERT"), text("TLS_KEY")];
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error("TLS_CERT and TLS_KEY: got one of them, wants the files of both or neither.");
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

/** Whether the clients can read it, and no part of a password is taken for something else. */
function isRedisUrl(url: string): boolean {
  return /^rediss?:\/\/[^/?#]+(?:[/?#][^@]*)?$/.test(url) && URL.canParse(url);
}
