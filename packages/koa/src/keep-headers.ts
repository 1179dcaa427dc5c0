import type { ParameterizedContext } from "koa";
import { decisionOf } from "./decision-of.ts";

type App = ParameterizedContext["app"];

/** Applications that keep them. */
const keeping = new WeakSet<App>();

/**
 * Koa clears all headers of a request that failed, but for those that the error brings along. Has an application's errors
 * bring those of the decision. It is done to the application, once, since to catch errors costs every request a promise.
 */
export function keepHeaders(app: App): void {
  if (keeping.has(app)) return;
  keeping.add(app);
  const { onerror } = app.context;
  Object.assign(app.context, {
    onerror(this: ParameterizedContext, error: Error): void {
      // Koa calls it for every response, with nothing where nothing went wrong.
      if (error instanceof Error) {
        const failed = error as Error & { headers?: object };
        failed.headers = { ...decisionOf(this)?.headers, ...failed.headers };
      }
      onerror.call(this, error);
    },
  });
}
