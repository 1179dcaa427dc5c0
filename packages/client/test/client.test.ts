import { createClient } from "@keyward/client";
import { describe, expect, it } from "vitest";

const KEY = "prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56";

/** A `fetch` that gives these answers in turn, and keeps what it was asked. */
function answering(...answers: readonly (() => Response)[]) {
  const asked: Request[] = [];
  const fetch = async (request: Request) => {
    asked.push(request);
    const answer = answers[asked.length - 1];
    if (answer === undefined) throw new Error("asked once more than there are answers");
    return answer();
  };
  return { asked, fetch: fetch as typeof globalThis.fetch };
}

const ok = () => Response.json({ ok: true });
const busy = (retryAfter?: string) => () =>
  new Response(null, { status: 429, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } });
const brokenLine = () => {
  throw new TypeError("fetch failed");
};

function client(answers: ReturnType<typeof answering>, options: object = {}) {
  return createClient({ baseUrl: "https://api.example.com", apiKey: KEY, fetch: answers.fetch, ...options });
}

describe("createClient", () => {
  it("sends the key in the header, to the address it was given", async () => {
    const answers = answering(ok);
    const response = await client(answers).fetch("/v1/hello?a=b");
    expect(await response.json()).toEqual({ ok: true });
    expect(answers.asked[0]?.url).toBe("https://api.example.com/v1/hello?a=b");
    expect(answers.asked[0]?.headers.get("x-api-key")).toBe(KEY);
  });

  it("refuses to be made for plain HTTP, or with a key that was not copied well", () => {
    expect(() => createClient({ baseUrl: "http://api.example.com", apiKey: KEY })).toThrow(/wants https/);
    for (const apiKey of ["", `${KEY}\n`, `${KEY} `]) {
      expect(() => createClient({ baseUrl: "https://api.example.com", apiKey })).toThrow(/as it was copied/);
    }
  });

  it("sends the key to no other origin, and follows no redirect", async () => {
    const answers = answering(
      () => new Response(null, { status: 307, headers: { location: "https://evil.example/" } }),
    );
    const api = client(answers);
    for (const url of [
      "https://evil.example/",
      "//evil.example/",
      "http://api.example.com/",
      "https://api.example.com:444/",
    ]) {
      await expect(api.fetch(url)).rejects.toMatchObject({ code: "other-origin" });
    }
    expect(answers.asked).toHaveLength(0);
    await expect(api.fetch("/")).rejects.toMatchObject({ code: "redirected" });
    expect(answers.asked).toHaveLength(1);
  });

  it("waits as long as Retry-After says and tries again", async () => {
    const answers = answering(busy("1"), ok);
    const startedAt = Date.now();
    expect((await client(answers).fetch("/")).status).toBe(200);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1000);
  });

  it("tries again after a network error", async () => {
    const answers = answering(brokenLine, ok);
    expect((await client(answers).fetch("/")).status).toBe(200);
  });

  it("gives the refusal back at once if the wait would outlast the deadline", async () => {
    const answers = answering(busy("3600"));
    expect((await client(answers).fetch("/")).status).toBe(429);
    expect(answers.asked).toHaveLength(1);
  });

  it("gives the last answer when attempts run out", async () => {
    const answers = answering(busy(), busy(), ok);
    expect((await client(answers, { maxAttempts: 2 }).fetch("/")).status).toBe(429);
  });

  it("repeats a POST only with an Idempotency-Key, and then its body too", async () => {
    const once = answering(busy(), ok);
    expect((await client(once).fetch("/", { method: "POST", body: "x" })).status).toBe(429);
    const twice = answering(busy(), ok);
    const init = { method: "POST", body: "the body", headers: { "idempotency-key": "1" } };
    expect((await client(twice).fetch("/", init)).status).toBe(200);
    expect(await twice.asked[1]?.text()).toBe("the body");
  });

  it("stops waiting when the signal aborts", async () => {
    const answers = answering(busy("5"), ok);
    const signal = AbortSignal.timeout(50);
    await expect(client(answers).fetch("/", { signal })).rejects.toMatchObject({ name: "TimeoutError" });
    expect(answers.asked).toHaveLength(1);
  });

  it("does not show the key when it is printed", () => {
    const api = client(answering());
    expect(JSON.stringify(api) + String(api)).not.toContain(KEY);
  });
});
