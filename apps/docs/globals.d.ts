// Declares names that code blocks of the documentation take from an earlier block.
import type { ApiKey, Keyward, Limiter, Store } from "@keyward/core";

declare global {
  const kw: Keyward;
  const store: Store;
  const limiter: Limiter;
  const secret: string;
  const nextSecret: string;
  const previousSecret: string;
  const keyId: string;
  const key: ApiKey;
  const id: string;
  const createKeyward: typeof import("@keyward/core").createKeyward;
  const memoryLimiter: typeof import("@keyward/core").memoryLimiter;
  const leakReceiver: typeof import("@keyward/core").leakReceiver;
  const readSecrets: typeof import("@keyward/core").readSecrets;
  const flexibleLimiter: typeof import("@keyward/core").flexibleLimiter;
  const acceptUpgrade: typeof import("@keyward/core").acceptUpgrade;
  const routeUpgrades: typeof import("@keyward/core").routeUpgrades;
  const keyward: typeof import("@keyward/express").keyward;
  const createConsole: typeof import("@keyward/console").createConsole;
  const keySignIn: typeof import("@keyward/console").keySignIn;
  const passwordSignIn: typeof import("@keyward/console").passwordSignIn;
  const testKeyward: typeof import("@keyward/testkit").testKeyward;
  const admissionOf: typeof import("@keyward/express").admissionOf;
  const apiKeyOf: typeof import("@keyward/express").apiKeyOf;
  const assert: typeof import("node:assert/strict");
  /** The first key of `kw`, as its owner presents it. */
  const rawKey: string;
  /** Creates a key, of `kw` unless another Keyward is given, and returns it as its owner presents it. */
  function newKey(of?: Pick<Keyward, "keys">, input?: object): Promise<string>;
  /** Sends a request to `app`, as a proxy does that received it over HTTPS. */
  function request(path: string, init?: RequestInit & { readonly key?: string }): Promise<Response>;
  const app: import("express").Express;
  const handler: import("express").RequestHandler;
  const server: import("node:http").Server;
  const logger: Record<string, (record: object) => void>;
  const rows: readonly { readonly name: string; readonly ownerId: string; readonly sha256: string }[];
  const exported: { readonly name: string; readonly ownerId: string; readonly sha256: string };
  type ApiKey = import("@keyward/core").ApiKey;
  type SessionRequest = import("node:http").IncomingMessage & {
    session?: { user?: { email: string; isAdmin: boolean; accountId: string } };
  };
  const pool: object;
  const RateLimiterPostgres: typeof import("rate-limiter-flexible").RateLimiterPostgres;
  const WebSocketServer: typeof import("ws").WebSocketServer;
  const KeywardModule: typeof import("@keyward/nestjs").KeywardModule;
  const ApiKeyGuard: typeof import("@keyward/nestjs").ApiKeyGuard;
  type ApiKeyGuard = import("@keyward/nestjs").ApiKeyGuard;
  const Injectable: typeof import("@nestjs/common").Injectable;
  type ExecutionContext = import("@nestjs/common").ExecutionContext;
  const openStore: typeof import("@keyward/sql").openStore;
  const ConfigModule: import("@nestjs/common").Type;
  class ConfigService {
    getOrThrow<T = string>(name: string): T;
  }
  const GqlExecutionContext: {
    create(context: ExecutionContext): {
      getContext(): {
        req: import("@keyward/nestjs").PlatformRequest & { res: import("@keyward/nestjs").PlatformResponse };
      };
    };
  };
  function createApp(kw: Keyward): import("express").Express;
  function userOf(cookie: string | null): { email: string; accountId: string } | undefined;
  function answer(request: import("express").Request): Promise<{ text: string; tokens: number }>;
  function reportsOf(ownerId: string): Promise<object>;
  function greet(socket: object, key: ApiKey | undefined): void;
}

export type { ApiKey };
