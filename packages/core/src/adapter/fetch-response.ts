import type { HeaderTarget } from "./response-fields.ts";

/** Writes headers of a response. Returns the response, or a copy where its headers cannot be changed. */
export function withHeaders(response: Response, write: (target: HeaderTarget) => void): Response {
  try {
    write(targetOf(response.headers));
    return response;
  } catch (error) {
    // Headers of a response of `fetch()` or `Response.redirect()` are immutable. A response without a status cannot be copied.
    if (!(error instanceof TypeError) || response.status < 200) return response;
    const copy = new Response(response.body, response);
    write(targetOf(copy.headers));
    return copy;
  }
}

function targetOf(headers: Headers): HeaderTarget {
  return {
    getHeader: (name) => headers.get(name) ?? undefined,
    setHeader: (name, value) => headers.set(name, value),
  };
}

/** Calls a function once, when the body of a response was read or its reader was cancelled. Returns the response to send. */
export function whenBodyEnds(response: Response, done: () => void): Response {
  const { body } = response;
  if (body === null) {
    queueMicrotask(done);
    return response;
  }
  const reader = body.getReader();
  const observed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: isDone, value } = await reader.read();
        if (!isDone) return controller.enqueue(value as Uint8Array);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      return done();
    },
    async cancel(reason) {
      done();
      await reader.cancel(reason);
    },
  });
  return new Response(observed, response);
}
