import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Keyward } from "@keyward/core";
import { createApp } from "./app.ts";
import { connectionOf, type Connection } from "./connection.ts";
import { resolveOptions, type ConsoleOptions } from "./options.ts";

/** What Koa's context is asked for. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly secure: boolean;
  readonly ip: string;
  respond?: boolean | undefined;
}

/** The page and its API, to be mounted in a server. */
export interface Console {
  /**
   * For Express and Nest, as middleware (`app.use(console.listener)`), and for Node's own servers. A request of another
   * path goes on to `next`, or is answered 404 where there is none.
   */
  listener(request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void;
  /** For Koa: `app.use(console.koa)`. */
  koa(context: KoaContext, next: () => Promise<unknown>): Promise<unknown>;
  /** For servers that speak fetch. `connection` says where the request came from; from nowhere known if left out. */
  fetch(request: Request, connection?: Partial<Connection>): Promise<Response>;
}

/** A request whose body a parser in front of the console has read. */
type ReadRequest = IncomingMessage & { body?: unknown; rawBody?: Buffer; originalUrl?: string };

/**
 * Makes the console: Admin > Settings > API Keys, and the admin API under `<basePath>/api`.
 *
 * @throws KeywardError `invalid-option` without `authorize`, and for what else is wrong with the options
 *
 * @example
 * ```ts
 * const signIn = passwordSignIn({ password: process.env.ADMIN_PASSWORD, secret: process.env.KEYWARD_SECRET });
 * const kwConsole = createConsole(kw, { authorize: signIn, basePath: "/admin" });
 * app.use(kwConsole.listener); // Express, Nest
 * app.use(kwConsole.koa); // Koa
 * ```
 */
export function createConsole(kw: Keyward, options: ConsoleOptions): Console {
  const settings = resolveOptions(kw, options);
  const app = createApp(settings);
  const { basePath } = settings;
  /** Where a framework knows better than Node's request does. */
  const told = new WeakMap<IncomingMessage, Connection>();

  const answer = getRequestListener(
    (request, env) => {
      const { incoming } = env as { incoming: ReadRequest };
      const connection = told.get(incoming) ?? connectionOf(incoming);
      return app.fetch(ordinary(request), { connection, node: incoming, path: pathOf(incoming) });
    },
    { overrideGlobalObjects: false },
  );

  const handles = (request: IncomingMessage) => {
    const path = pathOf(request);
    return path === basePath || path.startsWith(`${basePath}/`);
  };

  return {
    listener(request, response, next) {
      if (next !== undefined && !handles(request)) {
        next();
        return;
      }
      giveBackBody(request);
      void answer(request, response);
    },
    koa(context, next) {
      if (!handles(context.req)) return next();
      context.respond = false;
      told.set(context.req, { secure: context.secure, ip: context.ip });
      giveBackBody(context.req);
      return answer(context.req, context.res);
    },
    async fetch(request, connection = {}) {
      const { protocol, pathname } = new URL(request.url);
      const { secure = protocol === "https:", ip = "" } = connection;
      return app.fetch(request, { connection: { secure, ip }, path: pathname });
    },
  };
}

/** A request of the platform's own class, which what stands in for it here cannot be copied into. */
function ordinary({ url, method, headers, body }: Request): Request {
  const withBody =
    method === "GET" || method === "HEAD" || body === null ? {} : { body, duplex: "half" as const };
  return new Request(url, { method, headers, ...withBody });
}

/** Express takes the path that it is mounted at away from `url`. */
function pathOf(request: ReadRequest): string {
  const url = request.originalUrl ?? request.url ?? "/";
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/** A body parser that is mounted in front has read the body; what it made of it is JSON again. */
function giveBackBody(request: ReadRequest): void {
  if (request.body !== undefined && request.readableEnded && !(request.rawBody instanceof Buffer)) {
    request.rawBody = Buffer.from(JSON.stringify(request.body));
  }
}
