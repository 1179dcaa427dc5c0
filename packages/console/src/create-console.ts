import type { IncomingMessage, ServerResponse } from "node:http";
import type { Keyward } from "@keyward/core";
import { createApp } from "./app.ts";
import { connectionOf, type ConsoleConnection } from "./node/connection.ts";
import { readBody, type ParsedBody } from "./node/read-body.ts";
import { sendResponse } from "./node/send-response.ts";
import { pathOf, toRequest } from "./node/to-request.ts";
import { resolveOptions, type ConsoleOptions } from "./options.ts";

/** What the console reads from Koa's context. */
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

/** Where a request to `fetch` came from. */
export type FetchConnection = Partial<Pick<ConsoleConnection, "secure" | "ip" | "host">>;

/** The page and its API, to be mounted in a server. */
export interface Console {
  /**
   * For Express and Nest, as middleware (`app.use(console.listener)`), and for Node's own servers. A request for another
   * path goes on to `next`, or is answered 404 if there is none.
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
 * @throws KeywardError `invalid-option` without `authorize`, and for whatever else is wrong with the options
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
      const known = connectionOf(req);
      const connection = { ...known.connection, trustedProxy: context.app.proxy };
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
