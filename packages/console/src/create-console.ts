import type { IncomingMessage, ServerResponse } from "node:http";
import type { Keyward } from "@keyward/core";
import { createApp } from "./app.ts";
import { connectionOf, type ConsoleConnection } from "./node/connection.ts";
import { readBody, type ParsedBody } from "./node/read-body.ts";
import { sendResponse } from "./node/send-response.ts";
import { pathOf, toRequest } from "./node/to-request.ts";
import { resolveOptions, type ConsoleOptions } from "./options.ts";

/** The part of Koa's context that the console reads. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly app: { readonly proxy: boolean };
  readonly request: ParsedBody;
  readonly secure: boolean;
  readonly ip: string;
  readonly host: string;
  respond?: boolean | undefined;
}

/** Origin of a request passed to `fetch`. */
export type FetchConnection = Partial<Pick<ConsoleConnection, "secure" | "ip" | "host">>;

/** The page and its API, to be mounted in a server. */
export interface Console {
  /**
   * For Express and Nest, as middleware (`app.use(console.listener)`), and for Node's own servers. A request for another path is passed to `next`, or gets 404 without `next`.
   */
  listener(request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void;
  /** For Koa: `app.use(console.koa)`. */
  koa(context: KoaContext, next: () => Promise<unknown>): Promise<unknown>;
  /**
   * For servers that speak fetch. By default the request is secure and for the host that its URL says, and comes from an unknown
   * address.
   */
  fetch(request: Request, connection?: FetchConnection): Promise<Response>;
}

/**
 * Creates the console: Admin > Settings > API Keys, and the admin API under `<basePath>/api`.
 *
 * @throws KeywardError `invalid-option` without `authorize`, and for other invalid options
 *
 * @example
 * ```ts
 * const signIn = passwordSignIn({ password: process.env.ADMIN_PASSWORD });
 * const kwConsole = createConsole(kw, { authorize: signIn, basePath: "/admin" });
 * app.use(kwConsole.listener); // Express, Nest
 * app.use(kwConsole.koa); // Koa
 * ```
 */
export function createConsole(kw: Keyward, options: ConsoleOptions): Console {
  const settings = resolveOptions(kw, options);
  const app = createApp(settings);
  const { basePath } = settings;

  function handles(request: IncomingMessage): boolean {
    const path = pathOf(request);
    return path === basePath || path.startsWith(`${basePath}/`);
  }

  async function answer(
    node: IncomingMessage,
    outgoing: ServerResponse,
    connection: ConsoleConnection,
    parsed: ParsedBody,
  ): Promise<void> {
    try {
      const { bytes, complete } = await readBody(node, parsed);
      const request = toRequest(node, bytes);
      const env = { connection, node, path: pathOf(node), isUnreadable: request === undefined };
      const response = await app.fetch(request ?? new Request("http://unreadable.invalid/"), env);
      await sendResponse(response, node, outgoing, complete);
    } catch (error) {
      // A client that has gone away needs no response.
      if (!node.destroyed) throw error;
    }
  }

  return {
    listener(request, response, next) {
      if (next !== undefined && !handles(request)) {
        next();
        return;
      }
      answer(request, response, connectionOf(request), request as ParsedBody).catch((error: unknown) => {
        if (next === undefined) response.destroy();
        else next(error);
      });
    },
    koa(context, next) {
      const { req, res, request, secure, ip, host } = context;
      if (!handles(req)) return next();
      context.respond = false;
      const origin = connectionOf(req);
      const connection = { ...origin.connection, trustedProxy: context.app.proxy };
      return answer(req, res, { secure, ip, host, connection }, request);
    },
    async fetch(request, connection = {}) {
      const { protocol, pathname, host: urlHost } = new URL(request.url);
      const {
        secure = protocol === "https:",
        ip = "",
        host = request.headers.get("host") ?? urlHost,
      } = connection;
      const socket = { encrypted: secure, peer: ip, trustedProxy: false };
      return app.fetch(request, { connection: { secure, ip, host, connection: socket }, path: pathname });
    },
  };
}
