import { Readable } from "node:stream";
import { createClient, QuotaExhaustedError, type KeyState } from "@keyward/client";
import type { Me } from "@keyward/core";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";

const KEY = "prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56";

/** A `fetch` that returns these responses in turn, and records the requests. */
function respondWith(...responses: readonly (() => Response)[]) {
  const requests: Request[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    requests.push(new Request(url, init));
    const response = responses[requests.length - 1];
    if (response === undefined) throw new Error("more requests than responses");
    return response();
  };
  return { requests, fetch: fetch as typeof globalThis.fetch };
}

const ok = () => Response.json({ ok: true });
const busy = (retryAfter?: string) => () =>
  new Response(null, { status: 429, headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } });
const networkError = () => {
  throw new TypeError("fetch failed");
};

function client({ fetch }: ReturnType<typeof respondWith>, options: object = {}) {
  return createClient({ baseUrl: "https://api.example.com", apiKey: KEY, fetch, ...options });
}

// Time advances only to the next pending timer.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], shouldAdvanceTime: false });
  stopAdvancing = advance();
});

afterEach(() => {
  stopAdvancing();
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
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
  it("sends the key in the header, to the URL of the API", async () => {
    const server = respondWith(ok);
    const response = await client(server).fetch("/v1/hello?a=b");
    expect(await response.json()).toEqual({ ok: true });
    expect(server.requests[0]?.url).toBe("https://api.example.com/v1/hello?a=b");
    expect(server.requests[0]?.headers.get("x-api-key")).toBe(KEY);
  });

  it("rejects plain HTTP and malformed keys", () => {
    expect(() => createClient({ baseUrl: "http://api.example.com", apiKey: KEY })).toThrow(/must use https/);
    for (const apiKey of ["", `${KEY}\n`, `${KEY} `]) {
      expect(() => createClient({ baseUrl: "https://api.example.com", apiKey })).toThrow(/as it was copied/);
    }
  });

  it("sends the key to no other origin, not even after a redirect", async () => {
    const server = respondWith(
      () => new Response(null, { status: 307, headers: { location: "https://evil.example/" } }),
    );
    const api = client(server);
    for (const url of [
      "https://evil.example/",
      "//evil.example/",
      "http://api.example.com/",
      "https://api.example.com:444/",
    ]) {
      await expect(api.fetch(url)).rejects.toMatchObject({ code: "other-origin" });
    }
    expect(server.requests).toHaveLength(0);
    await expect(api.fetch("/")).rejects.toMatchObject({ code: "redirected" });
    expect(server.requests).toHaveLength(1);
  });

  it("waits for the time in Retry-After, in seconds or as a date, and retries", async () => {
    vi.setSystemTime("2026-05-01T12:00:00.500Z");
    for (const [retryAfter, leastMs] of [
      ["1", 1000],
      ["Fri, 01 May 2026 12:00:03 GMT", 2500],
    ] as const) {
      vi.setSystemTime("2026-05-01T12:00:00.500Z");
      const server = respondWith(busy(retryAfter), ok);
      const startedAt = Date.now();
      expect((await client(server).fetch("/")).status).toBe(200);
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(leastMs);
      expect(Date.now() - startedAt).toBeLessThanOrEqual(leastMs + 200);
    }
  });

  it("backs off exponentially with jitter if the server does not say how long to wait", async () => {
    const server = respondWith(busy(), busy(), networkError, busy("not a time"), ok);
    const startedAt = Date.now();
    expect((await client(server).fetch("/")).status).toBe(200);
    // 200, 400, 800 and 1600 ms at most.
    expect(Date.now() - startedAt).toBeLessThanOrEqual(3000);
    expect(server.requests).toHaveLength(5);
  });

  it("retries network errors, and rejects with the last one", async () => {
    expect((await client(respondWith(networkError, ok)).fetch("/")).status).toBe(200);
    const server = respondWith(networkError, networkError, ok);
    await expect(client(server, { maxAttempts: 2 }).fetch("/")).rejects.toThrow("fetch failed");
    expect(server.requests).toHaveLength(2);
  });

  it("returns the refusal at once if the wait would exceed the deadline", async () => {
    const server = respondWith(busy("3600"));
    expect((await client(server).fetch("/")).status).toBe(429);
    expect(server.requests).toHaveLength(1);
  });

  it("rejects at the deadline if there is no response", async () => {
    const hanging = ((_url: string, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
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
      help: "@keyward/client/ERRORS.md#deadline-exceeded",
    });
    expect(Date.now() - startedAt).toBe(500);
  });

  it("returns the last response when attempts run out", async () => {
    const server = respondWith(busy(), busy(), ok);
    expect((await client(server, { maxAttempts: 2 }).fetch("/")).status).toBe(429);
  });

  it("retries a POST only with an Idempotency-Key, with its body", async () => {
    const once = respondWith(busy(), ok);
    expect((await client(once).fetch("/", { method: "POST", body: "x" })).status).toBe(429);
    const twice = respondWith(busy(), ok);
    const init = { method: "POST", body: "the body", headers: { "idempotency-key": "1" } };
    expect((await client(twice).fetch("/", init)).status).toBe(200);
    expect(await twice.requests[1]?.text()).toBe("the body");
  });

  it("retries every POST with retryUnsafe", async () => {
    const server = respondWith(busy(), ok);
    const api = client(server, { retryUnsafe: true });
    expect((await api.fetch("/", { method: "POST", body: "x" })).status).toBe(200);
  });

  it.each([
    ["text", "the body"],
    ["bytes", new TextEncoder().encode("the body")],
    ["a Blob", new Blob(["the body"])],
    ["a form", new URLSearchParams("the=body")],
  ])("retries with %s as the body", async (_type, body) => {
    const server = respondWith(busy(), networkError, ok);
    const init = { method: "PUT", body: body as BodyInit };
    expect((await client(server).fetch("/", init)).status).toBe(200);
    const sent = await Promise.all(
      [server.requests[0], server.requests[2]].map((request) => request?.text()),
    );
    expect(sent[0]).toMatch(/the.body/);
    expect(sent[1]).toBe(sent[0]);
  });

  it("sends a stream once, and explains why it is not retried", async () => {
    const stream = () => new Blob(["the body"]).stream();
    const init = () => ({ method: "PUT", body: stream(), duplex: "half" });
    expect((await client(respondWith(ok)).fetch("/", init())).status).toBe(200);
    for (const server of [respondWith(busy("1"), ok), respondWith(networkError, ok)]) {
      await expect(client(server).fetch("/", init())).rejects.toMatchObject({ code: "body-not-replayable" });
      expect(server.requests).toHaveLength(1);
    }
    // A request that is never retried gets its response.
    expect((await client(respondWith(busy())).fetch("/", { ...init(), method: "POST" })).status).toBe(429);
  });

  it("stops waiting when the caller's signal aborts", async () => {
    const server = respondWith(busy("5"), ok);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 50);
    const startedAt = Date.now();
    await expect(client(server).fetch("/", { signal: controller.signal })).rejects.toThrow("enough");
    expect(Date.now() - startedAt).toBe(50);
    expect(server.requests).toHaveLength(1);
    await expect(client(server).fetch("/", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it("follows redirects within the API only", async () => {
    const to =
      (location: string, status = 308) =>
      () =>
        new Response(null, { status, headers: { location } });
    const within = respondWith(to("/v2/hello"), ok);
    expect((await client(within).fetch("/v1/hello")).status).toBe(200);
    expect(within.requests[1]?.url).toBe("https://api.example.com/v2/hello");
    expect(within.requests[1]?.headers.get("x-api-key")).toBe(KEY);
    for (const elsewhere of [
      to("https://evil.example/"),
      to("http://api.example.com/"),
      to("//evil.example", 302),
    ]) {
      const server = respondWith(elsewhere, ok);
      await expect(client(server).fetch("/")).rejects.toMatchObject({ code: "redirected" });
      expect(server.requests).toHaveLength(1);
    }
    await expect(client(respondWith(to("/b"))).fetch("/a", { method: "POST" })).rejects.toMatchObject({
      code: "redirected",
    });
    const round = respondWith(...Array.from({ length: 10 }, () => to("/")));
    await expect(client(round).fetch("/")).rejects.toMatchObject({ code: "redirected" });
  });

  it("rejects at once if a quota is used up beyond the deadline, and sends one request a minute", async () => {
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
    const server = respondWith(spent, ok, ok);
    const api = client(server);
    const startedAt = Date.now();
    const failure = await api.fetch("/").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(QuotaExhaustedError);
    expect(failure).toMatchObject({
      code: "quota-exhausted",
      policy: "daily",
      resetAt: new Date("2026-05-02T00:00:00Z"),
    });
    await expect(api.fetch("/")).rejects.toBeInstanceOf(QuotaExhaustedError);
    expect(Date.now()).toBe(startedAt);
    expect(server.requests).toHaveLength(1);
    // The quota may have been raised: one request finds out for all.
    vi.setSystemTime(startedAt + 60_000);
    const calls = await Promise.allSettled([api.fetch("/"), api.fetch("/"), api.fetch("/")]);
    expect(calls.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect((await api.fetch("/")).status).toBe(200);
  });

  it("exposes the limits that the server last reported", async () => {
    vi.setSystemTime("2026-05-01T12:00:00Z");
    const headers = { "ratelimit-policy": '"burst";q=500;w=1', ratelimit: '"burst";r=499;t=1' };
    const api = client(respondWith(() => new Response(null, { headers })));
    await api.fetch("/");
    expect(api.limits).toEqual([
      {
        name: "burst",
        unit: "requests",
        quota: 500,
        windowMs: 1000,
        remaining: 499,
        resetAt: new Date("2026-05-01T12:00:01Z"),
      },
    ]);
  });

  it("reads the key from the environment by default", async () => {
    const server = respondWith(ok);
    vi.stubEnv("KEYWARD_API_KEY", "prod_from-the-environment");
    await createClient({ baseUrl: "https://api.example.com", fetch: server.fetch }).fetch("/");
    expect(server.requests[0]?.headers.get("x-api-key")).toBe("prod_from-the-environment");
    vi.stubEnv("KEYWARD_API_KEY", undefined);
    expect(() => createClient({ baseUrl: "https://api.example.com" })).toThrow(/KEYWARD_API_KEY/);
  });

  it("does not print the key", () => {
    const api = client(respondWith());
    expect(JSON.stringify(api) + String(api)).not.toContain(KEY);
  });
});

describe("the URL of a request", () => {
  it.each([
    ["https://api.example.com", "/users", "https://api.example.com/users"],
    ["https://api.example.com", "users", "https://api.example.com/users"],
    ["https://api.example.com/", "", "https://api.example.com/"],
    ["https://api.example.com/v1", "/users", "https://api.example.com/v1/users"],
    ["https://api.example.com/v1/", "users?a=b#c", "https://api.example.com/v1/users?a=b"],
    ["https://api.example.com/v1", "?page=2", "https://api.example.com/v1?page=2"],
    ["https://api.example.com/v1", "", "https://api.example.com/v1"],
    ["https://api.example.com/v1", "https://api.example.com/v2/users", "https://api.example.com/v2/users"],
    ["http://localhost:3000/v1", "/users", "http://localhost:3000/v1/users"],
    ["http://127.0.0.1", "/", "http://127.0.0.1/"],
    ["http://127.0.0.1", new URL("http://127.0.0.1/a"), "http://127.0.0.1/a"],
    ["http://[::1]:80", "/", "http://[::1]/"],
    ["http://api.localhost", "/", "http://api.localhost/"],
  ])("of %s and %s is %s", async (baseUrl, input, url) => {
    const server = respondWith(ok);
    await client(server, { baseUrl }).fetch(input);
    expect(server.requests[0]?.url.replace(/#.*/, "")).toBe(url);
  });

  it("never leaves the origin of the base URL", async () => {
    const server = respondWith();
    const api = client(server, { baseUrl: "https://api.example.com/v1" });
    for (const url of [
      "//evil.example/",
      String.raw`\\evil.example/`,
      String.raw`/\evil.example/`,
      "https:evil.example",
      "javascript:alert(1)",
      "http://api.example.com/",
      new URL("https://api.example.com.evil.example/"),
      new Request("https://evil.example/"),
    ]) {
      await expect(api.fetch(url)).rejects.toMatchObject({ code: "other-origin" });
    }
  });

  it.each([
    "http://api.example.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://10.0.0.1",
    "ftp://localhost",
  ])("is rejected for the base URL %s, which is not encrypted", (baseUrl) => {
    expect(() => client(respondWith(), { baseUrl })).toThrow(expect.objectContaining({ code: "not-https" }));
  });

  it.each([
    "",
    "/v1",
    "api.example.com",
    "https://jane:hunter2@api.example.com",
    "https://a.example?key=hunter2",
  ])("is rejected for the base URL %j, without repeating it", (baseUrl) => {
    const create = () => client(respondWith(), { baseUrl });
    expect(create).toThrow(expect.objectContaining({ code: "invalid-option" }));
    expect(create).not.toThrow("hunter2");
  });

  it.each([{ header: "x api key" }, { header: "" }, { maxAttempts: 0 }, { deadlineMs: Number.NaN }])(
    "is not formed with the options %j",
    (options) => {
      const [name] = Object.keys(options);
      expect(() => client(respondWith(), options)).toThrow(`${name} must be`);
    },
  );
});

describe("the arguments that fetch receives", () => {
  interface Arguments {
    readonly input: unknown;
    readonly init: RequestInit & Readonly<Record<string, unknown>>;
  }
  /** Records the arguments themselves, as a `fetch` of another library would see them. */
  function record(...responses: readonly (() => Response)[]) {
    const calls: Arguments[] = [];
    const fetch = async (input: unknown, init: Arguments["init"]) => {
      calls.push({ input, init });
      return (responses[calls.length - 1] ?? ok)();
    };
    return { calls, requests: [], fetch: fetch as typeof globalThis.fetch };
  }

  it("are a string and plain options, which every fetch accepts", async () => {
    const server = record();
    const api = client(server);
    await api.fetch("/a", { headers: { accept: "text/plain" } });
    await api.fetch(new Request("https://api.example.com/a", { headers: { accept: "text/plain" } }));
    for (const { input, init } of server.calls) {
      expect(input).toBe("https://api.example.com/a");
      expect(init.headers).toEqual({ accept: "text/plain", "x-api-key": KEY });
      expect(Object.getPrototypeOf(init.headers)).toBe(Object.prototype);
    }
  });

  it("keep options that only this fetch knows, in every attempt", async () => {
    const server = record(busy(), networkError, ok);
    const options = { next: { revalidate: 60 }, cf: { cacheTtl: 5 }, dispatcher: {}, priority: "high" };
    await client(server).fetch("/v1/hello", options as RequestInit);
    expect(server.calls).toHaveLength(3);
    for (const { init } of server.calls) expect(init).toMatchObject(options);
  });

  it("are those of a Request, with the options on top", async () => {
    const server = record(busy(), ok);
    const request = new Request("https://api.example.com/a", {
      method: "PUT",
      body: "the body",
      headers: { "content-type": "text/plain", "x-other": "1" },
      credentials: "include",
    });
    Object.assign(request, { cf: { cacheTtl: 5 } });
    await client(server).fetch(request, { cache: "no-store" });
    expect(server.calls).toHaveLength(2);
    for (const { init } of server.calls) {
      expect(init).toMatchObject({
        method: "PUT",
        credentials: "include",
        cache: "no-store",
        cf: { cacheTtl: 5 },
      });
      expect(init.headers).toMatchObject({ "content-type": "text/plain", "x-other": "1" });
      expect(new TextDecoder().decode(init.body as ArrayBuffer)).toBe("the body");
    }
    await expect(client(server).fetch(request)).rejects.toThrow(/body|unusable|read/i);
  });

  it("aborts with the signal of a Request", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 50);
    const request = new Request("https://api.example.com/", { signal: controller.signal });
    await expect(client(record(busy("5"))).fetch(request)).rejects.toThrow("enough");
  });

  it("keep the caller's wish for redirects", async () => {
    const moved = () => new Response(null, { status: 302, headers: { location: "/b" } });
    expect((await client(record(moved)).fetch("/a", { redirect: "manual" })).status).toBe(302);
    await expect(client(record(moved)).fetch("/a", { redirect: "error" })).rejects.toMatchObject({
      code: "redirected",
    });
  });

  it.each([
    ["a stream of Node", () => Readable.from(["the body"])],
    [
      "a generator",
      () =>
        (async function* () {
          yield "the body";
        })(),
    ],
  ])("with %s as the body are sent once", async (_type, body) => {
    const server = record(busy("1"), ok);
    const init = { method: "PUT", body: body(), duplex: "half" } as unknown as RequestInit;
    await expect(client(server).fetch("/", init)).rejects.toMatchObject({ code: "body-not-replayable" });
    expect(server.calls).toHaveLength(1);
  });
});

describe("Retry-After", () => {
  it.each(["1.5", "0.2", "2, 1", "Sat, 02 May 2026 12:00:02 GMT"])("%j is waited for", async (retryAfter) => {
    vi.setSystemTime("2026-05-02T12:00:00Z");
    const server = respondWith(busy(retryAfter), ok);
    const startedAt = Date.now();
    expect((await client(server).fetch("/")).status).toBe(200);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(200);
  });

  it.each(["-1", "1e3", "soon", "May 2", "12/31/2026"])(
    "%j is not a time, so the client backs off as without it",
    async (retryAfter) => {
      vi.spyOn(Math, "random").mockReturnValue(1);
      const server = respondWith(busy(retryAfter), busy(retryAfter), busy(retryAfter), ok);
      const startedAt = Date.now();
      expect((await client(server).fetch("/")).status).toBe(200);
      expect(Date.now() - startedAt).toBe(200 + 400 + 800);
    },
  );

  it("may be missing: then the client waits until the exhausted limit has something left", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const headers = { "ratelimit-policy": '"a";q=5;w=60', ratelimit: '"a";r=0;t=7' };
    const server = respondWith(() => new Response(null, { status: 429, headers }), ok);
    const startedAt = Date.now();
    expect((await client(server).fetch("/")).status).toBe(200);
    expect(Date.now() - startedAt).toBe(7000);
  });
});

describe("quotas", () => {
  /** Refuses with a policy whose window is `w` seconds long and ends in `t`. */
  const exhausted =
    (w: number, t: number, name = "quota") =>
    () =>
      new Response(null, {
        status: 429,
        headers: {
          "retry-after": String(t),
          "ratelimit-policy": `"${name}";q=5;w=${w}`,
          ratelimit: `"${name}";r=0;t=${t}`,
        },
      });

  it.each([3600, 86_400, 604_800, 2_592_000])(
    "of %d s that end before the deadline are waited for",
    async (seconds) => {
      const server = respondWith(exhausted(seconds, 2), ok);
      const startedAt = Date.now();
      expect((await client(server).fetch("/")).status).toBe(200);
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2000);
    },
  );

  it.each([
    [3600, "hourly"],
    [2_592_000, "owner-monthly"],
  ])("of %d s that end after the deadline are an error", async (seconds, name) => {
    vi.setSystemTime("2026-05-02T12:00:00Z");
    const api = client(respondWith(exhausted(seconds, 1800, name)));
    for (let call = 0; call < 2; call += 1) {
      await expect(api.fetch("/")).rejects.toMatchObject({
        code: "quota-exhausted",
        policy: name,
        resetAt: new Date("2026-05-02T12:30:00Z"),
      });
    }
    // A call that can wait is sent.
    vi.setSystemTime("2026-05-02T12:29:45Z");
    await expect(api.fetch("/")).rejects.toThrow("more requests than responses");
  });

  it("with a short window are limits: the refusal is returned", async () => {
    expect((await client(respondWith(exhausted(600, 300))).fetch("/")).status).toBe(429);
  });
});

describe("apiKey as a function", () => {
  const rejected = (code: string) => () => Response.json({ code }, { status: 401 });

  it("provides the key when it is first needed", async () => {
    const keys = ["first"];
    const apiKey = vi.fn<() => Promise<string>>(async () => keys.shift() ?? "second");
    const server = respondWith(ok, ok);
    const api = client(server, { apiKey });
    expect(apiKey).not.toHaveBeenCalled();
    await Promise.all([api.fetch("/"), api.fetch("/")]);
    expect(apiKey).toHaveBeenCalledTimes(1);
    expect(server.requests.map(({ headers }) => headers.get("x-api-key"))).toEqual(["first", "first"]);
  });

  it.each(["revoked-api-key", "expired-api-key"])(
    "is called again after %s, once for all calls",
    async (code) => {
      const keys = ["old", "new"];
      const apiKey = vi.fn<() => string>(() => keys.shift() ?? "newer");
      const server = {
        requests: [] as Request[],
        fetch: (async (url: string, init: RequestInit) => {
          const request = new Request(url, init);
          server.requests.push(request);
          return request.headers.get("x-api-key") === "old" ? rejected(code)() : ok();
        }) as typeof fetch,
      };
      const api = client(server, { apiKey, maxAttempts: 1 });
      const responses = await Promise.all([1, 2, 3].map(() => api.fetch("/", { method: "POST", body: "x" })));
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(apiKey).toHaveBeenCalledTimes(2);
      expect(server.requests).toHaveLength(6);
    },
  );

  it("returns the response if the key is rejected for another reason, or does not change", async () => {
    const apiKey = vi.fn<() => string>(() => "same");
    const invalid = await client(respondWith(rejected("invalid-api-key")), { apiKey }).fetch("/");
    expect(invalid.status).toBe(401);
    expect(apiKey).toHaveBeenCalledTimes(1);
    const revoked = await client(respondWith(rejected("revoked-api-key")), { apiKey }).fetch("/");
    expect(await revoked.json()).toEqual({ code: "revoked-api-key" });
  });

  it("rejects the call if it fails or returns no key, and is called again by the next", async () => {
    const results = [() => Promise.reject(new Error("vault is sealed")), () => "with space", () => "good"];
    const api = client(respondWith(ok), { apiKey: () => (results.shift() as () => string)() });
    await expect(api.fetch("/")).rejects.toThrow("vault is sealed");
    await expect(api.fetch("/")).rejects.toMatchObject({ code: "invalid-option" });
    expect((await api.fetch("/")).status).toBe(200);
  });

  it("does not delay a call beyond its deadline", async () => {
    const api = client(respondWith(), { apiKey: () => new Promise<string>(() => {}), deadlineMs: 500 });
    const startedAt = Date.now();
    await expect(api.fetch("/")).rejects.toMatchObject({ code: "deadline-exceeded" });
    expect(Date.now() - startedAt).toBe(500);
  });
});

describe("onKeyEnding", () => {
  const ending = (field: string) => () => new Response(null, { headers: { "api-key-ends": field } });

  it("is called once when a response announces the end of the key, and again if the time changes", async () => {
    const [first, second] = ['@1798761600;reason="expiring"', '@1798848000;reason="rotated"'];
    const server = respondWith(ok, ending(first), ending(first), ending(second), ok);
    const onKeyEnding = vi.fn<(ending: unknown) => void>();
    const api = client(server, { onKeyEnding });
    for (let count = 0; count < 5; count += 1) await api.fetch("/");
    expect(onKeyEnding.mock.calls).toEqual([
      [{ endsAt: new Date("2027-01-01T00:00:00Z"), reason: "expiring" }],
      [{ endsAt: new Date("2027-01-02T00:00:00Z"), reason: "rotated" }],
    ]);
  });

  it("ignores a field that it does not understand", async () => {
    const onKeyEnding = vi.fn<(ending: unknown) => void>();
    const fields = ["soon", "@1798761600", '@1798761600;reason="other"', '@999999999999999;reason="rotated"'];
    const api = client(respondWith(...fields.map(ending)), { onKeyEnding });
    for (let count = 0; count < fields.length; count += 1) await api.fetch("/");
    expect(onKeyEnding).not.toHaveBeenCalled();
  });

  it("fails no call if it throws", async () => {
    const reportError = vi.fn<(error: unknown) => void>();
    vi.stubGlobal("reportError", reportError);
    const error = new Error("broken");
    const onKeyEnding = () => {
      throw error;
    };
    const api = client(respondWith(ending('@1798761600;reason="rotated"')), { onKeyEnding });
    expect((await api.fetch("/")).status).toBe(200);
    await Promise.resolve();
    expect(reportError).toHaveBeenCalledWith(error);
    vi.unstubAllGlobals();
  });

  it("must be a function", () => {
    expect(() => client(respondWith(), { onKeyEnding: "x" })).toThrow("onKeyEnding must be a function.");
  });
});

describe("me", () => {
  const state = {
    key: { id: "key_1" },
    plan: "default",
    limits: {},
    remaining: { daily: 0 },
    resetSeconds: {},
  };

  it("has the type of what the server writes", () => {
    expectTypeOf<Omit<KeyState, "limits" | "owner">>().toEqualTypeOf<Omit<Me, "limits" | "owner">>();
    expectTypeOf<keyof KeyState>().toEqualTypeOf<keyof Me>();
  });

  it("returns the state of the key, also where a quota is used up", async () => {
    const exhausted = () =>
      new Response(null, {
        status: 429,
        headers: {
          "retry-after": "36000",
          ratelimit: '"daily";r=0;t=36000',
          "ratelimit-policy": '"daily";q=5;w=86400',
        },
      });
    const server = respondWith(exhausted, () => Response.json(state));
    const api = client(server, { baseUrl: "https://api.example.com/v1/" });
    await expect(api.fetch("/")).rejects.toThrow(QuotaExhaustedError);
    expect(await api.me()).toEqual(state);
    expect(server.requests[1]?.url).toBe("https://api.example.com/v1/me");
  });

  it("rejects a response that is not the state of a key", async () => {
    const refused = () => Response.json({ code: "missing-scope" }, { status: 403 });
    const other = () => new Response("<html>");
    const api = client(respondWith(refused, other));
    const code = "unexpected-response";
    await expect(api.me()).rejects.toMatchObject({
      code,
      message: "GET me must return the state of the key; got 403.",
    });
    await expect(api.me()).rejects.toMatchObject({ code });
  });
});
