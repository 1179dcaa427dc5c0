import { createClient, DailyQuotaExhausted } from "@keyward/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

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

// Time goes on by itself where something waits for it, and stands still elsewhere.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], shouldAdvanceTime: false });
  stopAdvancing = advance();
});

afterEach(() => {
  stopAdvancing();
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

let stopAdvancing = () => {};

function advance(): () => void {
  let going = true;
  const step = () => {
    if (!going) return;
    if (vi.getTimerCount() > 0) void vi.advanceTimersToNextTimerAsync().then(() => setImmediate(step));
    else setImmediate(step);
  };
  setImmediate(step);
  return () => void (going = false);
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

  it("sends the key to no other origin, and follows no redirect to one", async () => {
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

  it("waits as long as Retry-After says, in seconds or until a date, and tries again", async () => {
    vi.setSystemTime("2026-05-01T12:00:00.500Z");
    for (const [retryAfter, leastMs] of [
      ["1", 1000],
      ["Fri, 01 May 2026 12:00:03 GMT", 2500],
    ] as const) {
      vi.setSystemTime("2026-05-01T12:00:00.500Z");
      const answers = answering(busy(retryAfter), ok);
      const startedAt = Date.now();
      expect((await client(answers).fetch("/")).status).toBe(200);
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(leastMs);
      expect(Date.now() - startedAt).toBeLessThanOrEqual(leastMs + 200);
    }
  });

  it("waits longer from attempt to attempt, at random, where the server does not say how long", async () => {
    const answers = answering(busy(), busy(), brokenLine, busy("not a time"), ok);
    const startedAt = Date.now();
    expect((await client(answers).fetch("/")).status).toBe(200);
    // 200, 400, 800 and 1600 ms at most.
    expect(Date.now() - startedAt).toBeLessThanOrEqual(3000);
    expect(answers.asked).toHaveLength(5);
  });

  it("tries again after a network error, and gives that back when attempts run out", async () => {
    expect((await client(answering(brokenLine, ok)).fetch("/")).status).toBe(200);
    const gone = answering(brokenLine, brokenLine, ok);
    await expect(client(gone, { maxAttempts: 2 }).fetch("/")).rejects.toThrow("fetch failed");
    expect(gone.asked).toHaveLength(2);
  });

  it("gives the refusal back at once if the wait would outlast the deadline", async () => {
    const answers = answering(busy("3600"));
    expect((await client(answers).fetch("/")).status).toBe(429);
    expect(answers.asked).toHaveLength(1);
  });

  it("ends a call at its deadline, when nothing answers", async () => {
    const hanging = ((request: Request) =>
      new Promise((_resolve, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason as Error));
      })) as typeof fetch;
    const api = createClient({
      baseUrl: "https://api.example.com",
      apiKey: KEY,
      fetch: hanging,
      deadlineMs: 500,
    });
    const startedAt = Date.now();
    await expect(api.fetch("/")).rejects.toMatchObject({
      code: "deadline-exceeded",
      help: "node_modules/@keyward/client/errors/deadline-exceeded.md",
    });
    expect(Date.now() - startedAt).toBe(500);
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

  it("repeats a POST without one if it is told to", async () => {
    const answers = answering(busy(), ok);
    const api = client(answers, { retryUnsafe: true });
    expect((await api.fetch("/", { method: "POST", body: "x" })).status).toBe(200);
  });

  it.each([
    ["text", "the body"],
    ["bytes", new TextEncoder().encode("the body")],
    ["a Blob", new Blob(["the body"])],
    ["a form", new URLSearchParams("the=body")],
  ])("sends %s again as it was", async (_what, body) => {
    const answers = answering(busy(), brokenLine, ok);
    const init = { method: "PUT", body: body as BodyInit };
    expect((await client(answers).fetch("/", init)).status).toBe(200);
    const sent = await Promise.all([answers.asked[0], answers.asked[2]].map((request) => request?.text()));
    expect(sent[0]).toMatch(/the.body/);
    expect(sent[1]).toBe(sent[0]);
  });

  it("sends a stream once, and says why it was not sent again", async () => {
    const stream = () => new Blob(["the body"]).stream();
    const init = () => ({ method: "PUT", body: stream(), duplex: "half" });
    expect((await client(answering(ok)).fetch("/", init())).status).toBe(200);
    for (const answers of [answering(busy("1"), ok), answering(brokenLine, ok)]) {
      await expect(client(answers).fetch("/", init())).rejects.toMatchObject({ code: "body-not-replayable" });
      expect(answers.asked).toHaveLength(1);
    }
    // What would not be sent again in any case is answered as it is.
    expect((await client(answering(busy())).fetch("/", { ...init(), method: "POST" })).status).toBe(429);
  });

  it("stops waiting when the signal aborts", async () => {
    const answers = answering(busy("5"), ok);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 50);
    const startedAt = Date.now();
    await expect(client(answers).fetch("/", { signal: controller.signal })).rejects.toThrow("enough");
    expect(Date.now() - startedAt).toBe(50);
    expect(answers.asked).toHaveLength(1);
    await expect(client(answers).fetch("/", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it("follows a redirect within the API, and takes the key nowhere else", async () => {
    const to =
      (location: string, status = 308) =>
      () =>
        new Response(null, { status, headers: { location } });
    const within = answering(to("/v2/hello"), ok);
    expect((await client(within).fetch("/v1/hello")).status).toBe(200);
    expect(within.asked[1]?.url).toBe("https://api.example.com/v2/hello");
    expect(within.asked[1]?.headers.get("x-api-key")).toBe(KEY);
    for (const elsewhere of [
      to("https://evil.example/"),
      to("http://api.example.com/"),
      to("//evil.example", 302),
    ]) {
      const answers = answering(elsewhere, ok);
      await expect(client(answers).fetch("/")).rejects.toMatchObject({ code: "redirected" });
      expect(answers.asked).toHaveLength(1);
    }
    await expect(client(answering(to("/b"))).fetch("/a", { method: "POST" })).rejects.toMatchObject({
      code: "redirected",
    });
    const round = answering(...Array.from({ length: 10 }, () => to("/")));
    await expect(client(round).fetch("/")).rejects.toMatchObject({ code: "redirected" });
  });

  it("fails at once when the day is spent, says when there is more, and asks again after a minute", async () => {
    vi.setSystemTime("2026-05-01T23:00:00Z");
    const spent = () =>
      Response.json(
        { code: "rate-limit-exceeded" },
        {
          status: 429,
          headers: {
            "retry-after": "3600",
            "ratelimit-policy": '"sustained";q=200;w=1, "burst";q=500;w=1, "daily";q=2000;w=86400',
            ratelimit: '"sustained";r=200;t=0, "burst";r=500;t=0, "daily";r=0;t=3600',
          },
        },
      );
    const answers = answering(spent, ok);
    const api = client(answers, { deadlineMs: 24 * 3_600_000 });
    const startedAt = Date.now();
    const failure = await api.fetch("/").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DailyQuotaExhausted);
    expect(failure).toMatchObject({
      code: "daily-quota-exhausted",
      resetAt: new Date("2026-05-02T00:00:00Z"),
    });
    await expect(api.fetch("/")).rejects.toBeInstanceOf(DailyQuotaExhausted);
    expect(Date.now()).toBe(startedAt);
    expect(answers.asked).toHaveLength(1);
    // Somebody may have raised the limit.
    vi.setSystemTime(startedAt + 60_000);
    expect((await api.fetch("/")).status).toBe(200);
  });

  it("tells what the server last said of its limits", async () => {
    vi.setSystemTime("2026-05-01T12:00:00Z");
    const headers = { "ratelimit-policy": '"burst";q=500;w=1', ratelimit: '"burst";r=499;t=1' };
    const api = client(answering(() => new Response(null, { headers })));
    await api.fetch("/");
    expect(api.limits).toEqual([
      {
        name: "burst",
        quota: 500,
        windowMs: 1000,
        remaining: 499,
        resetAt: new Date("2026-05-01T12:00:01Z"),
      },
    ]);
  });

  it("takes the key from the environment, and says where it looked", async () => {
    const answers = answering(ok);
    vi.stubEnv("KEYWARD_API_KEY", "prod_from-the-environment");
    await createClient({ baseUrl: "https://api.example.com", fetch: answers.fetch }).fetch("/");
    expect(answers.asked[0]?.headers.get("x-api-key")).toBe("prod_from-the-environment");
    vi.stubEnv("KEYWARD_API_KEY", undefined);
    expect(() => createClient({ baseUrl: "https://api.example.com" })).toThrow(/KEYWARD_API_KEY/);
  });

  it("does not show the key when it is printed", () => {
    const api = client(answering());
    expect(JSON.stringify(api) + String(api)).not.toContain(KEY);
  });
});
