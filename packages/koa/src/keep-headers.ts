import type { ParameterizedContext } from "koa";
import { decisionOf } from "./decision-of.ts";

type App = ParameterizedContext["app"];

/** Applications that keep them. */
const keeping = new WeakSet<App>();

/**
 * Koa clears all headers of a request that failed, but for those that the error brings along. Has an application's errors
 * bring those of the decision, for as long as Koa answers: the same error may be thrown for somebody else's request. It is
 * done to the application, once, since to catch errors costs every request a promise.
 */
export function keepHeaders(app: App): void {
  if (keeping.has(app)) return;
  keeping.add(app);
  const { onerror } = app.context;
  Object.assign(app.context, {
    onerror(this: ParameterizedContext, error: Error): void {
      const decision = decisionOf(this);
      // Koa calls it for every response, with nothing where nothing went wrong.
      if (decision === undefined || !(error instanceof Error)) onerror.call(this, error);
      else bringing(decision.headers, error, () => onerror.call(this, error));
    },
  });
}

/** With these headers on the error besides its own, unless it can be given none. */
function bringing(headers: object, error: Error & { headers?: object }, answer: () => void): void {
  const own = Object.getOwnPropertyDescriptor(error, "headers");
  const value = { ...headers, ...error.headers };
  Reflect.defineProperty(error, "headers", { value, configurable: true });
  try {
    answer();
  } finally {
    if (own === undefined) Reflect.deleteProperty(error, "headers");
    else Reflect.defineProperty(error, "headers", own);
  }
}
