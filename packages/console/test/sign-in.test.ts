import { createConsole, passwordSignIn } from "@keyward/console";
import { createKeyward, memoryStore, type Store } from "@keyward/core";
import { hashSync } from "@node-rs/argon2";
import { describe, expect, it, onTestFinished } from "vitest";

const PASSWORD = "correct horse battery";
const SECRET = "a secret of at least 32 bytes for tests";
const HOUR_MS = 3_600_000;
type Options = Partial<Parameters<typeof passwordSignIn>[0]>;

interface Deployment {
  readonly store?: Store;
  readonly secret?: string;
}

/** A process with a console, and a browser that keeps its cookies. */
function setUp(options: Options = {}, { store = memoryStore(), secret = SECRET }: Deployment = {}) {
  let offsetMs = 0;
  const kw = createKeyward({ store, secret, clock: () => Date.now() + offsetMs });
  onTestFinished(() => kw.close());
  const signInOptions = options.passwordHash === undefined ? { password: PASSWORD } : {};
  const kwConsole = createConsole(kw, { authorize: passwordSignIn({ ...signInOptions, ...options }) });
  async function ask(
    method: string,
    { path = "session", body, cookie = "", ip = "203.0.113.1", ...more }: Ask = {},
  ) {
    const response = await kwConsole.fetch(
      new Request(`https://example.com/admin/api/${path}`, {
        method,
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(cookie !== "" && { cookie }),
          ...more.headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
      { secure: true, ip },
    );
    const [set = "", device = ""] = response.headers.getSetCookie();
    const cookieOf = (field: string) => field.split(";")[0] ?? "";
    const { status, headers } = response;
    const json: unknown = await response.json().catch(() => undefined);
    return { status, headers, json, set, cookie: cookieOf(set), device: cookieOf(device) };
  }
  const signIn = (password = PASSWORD, more: Ask = {}) => ask("POST", { body: { password }, ...more });
  const isIn = async (cookie: string) => (await ask("GET", { cookie })).status === 200;
  return { kw, ask, signIn, isIn, advance: (ms: number) => void (offsetMs += ms) };
}

interface Ask {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly cookie?: string;
  readonly ip?: string;
}

describe("passwordSignIn", () => {
  it("opens a session by a cookie that scripts and other sites cannot use, and that says nothing", async () => {
    const { signIn, isIn } = setUp();
    const { status, set, cookie } = await signIn();
    expect(status).toBe(204);
    expect(set).toMatch(/^__Host-keyward-session=/);
    for (const attribute of ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"])
      expect(set).toContain(attribute);
    expect(set).not.toContain("Domain");
    expect(await isIn(cookie)).toBe(true);
    expect(await isIn("")).toBe(false);
    expect(decodeURIComponent(set)).not.toMatch(/admin|signedInAt/);
  });

  it("takes an Argon2 hash in place of the password", async () => {
    const { signIn } = setUp({ passwordHash: hashSync(PASSWORD) });
    expect((await signIn()).status).toBe(204);
    expect((await signIn("another password")).status).toBe(401);
  });

  it("rejects other passwords, damaged cookies, and cookies of another deployment", async () => {
    const { signIn, isIn, ask } = setUp();
    for (const password of ["", "correct horse batter", `${PASSWORD} `, "x".repeat(1000)]) {
      expect((await signIn(password, { ip: `203.0.113.${password.length % 200}` })).status).toBe(401);
    }
    expect((await ask("POST", { body: { password: "x".repeat(1001) } })).status).toBe(400);
    const { cookie } = await signIn();
    const other = await setUp().signIn();
    for (const wrong of [
      cookie.slice(0, -1),
      `${cookie}x`,
      other.cookie,
      "__Host-keyward-session=x",
      "__Host-keyward-session=",
    ]) {
      expect(await isIn(wrong)).toBe(false);
    }
  });

  it("opens a new session at each sign-in, whatever cookie was there before", async () => {
    const { signIn, isIn, ask } = setUp();
    const planted = await signIn();
    const own = await signIn(PASSWORD, { cookie: planted.cookie });
    expect(own.cookie).not.toBe(planted.cookie);
    await ask("DELETE", { cookie: planted.cookie });
    expect(await isIn(planted.cookie)).toBe(false);
    expect(await isIn(own.cookie)).toBe(true);
  });

  it("ends sessions that were signed out of, unused for an hour, or opened 12 hours ago", async () => {
    const { signIn, isIn, ask, advance } = setUp();
    const { cookie } = await signIn();
    const out = await ask("DELETE", { cookie });
    expect(out.set).toMatch(/Max-Age=0/);
    expect(await isIn(cookie)).toBe(false);

    const unused = await signIn();
    advance(HOUR_MS - 1000);
    await ask("GET", { cookie: unused.cookie, headers: { "keyward-idle": "1" } });
    advance(1000);
    expect(await isIn(unused.cookie)).toBe(false);

    const used = await signIn();
    for (let minutes = 0; minutes < 700; minutes += 50) {
      advance(50 * 60_000);
      expect(await isIn(used.cookie)).toBe(true);
    }
    advance(50 * 60_000);
    expect(await isIn(used.cookie)).toBe(false);
  });

  it("shares sessions between processes, and ends them in all of them", async () => {
    const store = memoryStore();
    const [one, two] = [setUp({}, { store }), setUp({}, { store })];
    const { cookie } = await one.signIn();
    expect(await two.isIn(cookie)).toBe(true);
    await two.ask("DELETE", { cookie });
    expect(await one.isIn(cookie)).toBe(false);
  });

  it("ends sessions when the password or the deployment's secret changes", async () => {
    const store = memoryStore();
    const { cookie, device } = await setUp({}, { store }).signIn();
    expect(await setUp({ password: "another battery staple" }, { store }).isIn(cookie)).toBe(false);
    const changed = setUp({ attempts: { limit: 1 } }, { store, secret: `another ${SECRET}` });
    expect(await changed.isIn(cookie)).toBe(false);
    await changed.signIn("wrong password");
    expect((await changed.signIn(PASSWORD, { cookie: device })).status).toBe(429);
    expect(await setUp({}, { store }).isIn(cookie)).toBe(true);
  });

  it("lists sessions, and ends one by its id", async () => {
    const { signIn, isIn, ask } = setUp();
    const other = await signIn(PASSWORD, { headers: { "user-agent": "Firefox\t140" } });
    const { cookie } = await signIn(PASSWORD, { ip: "2001:db8::1" });
    const listed = await ask("GET", { path: "sessions", cookie });
    expect(listed.json).toMatchObject({
      sessions: [
        { actor: "admin", address: "2001:db8::1", userAgent: null, isCurrent: true },
        { actor: "admin", address: "203.0.113.1", userAgent: "Firefox140", isCurrent: false },
      ],
    });
    const { sessions } = listed.json as { sessions: readonly { readonly id: string }[] };
    const path = `sessions/${sessions[1]?.id}`;
    expect((await ask("DELETE", { path })).status).toBe(401);
    expect((await ask("DELETE", { path, cookie })).status).toBe(204);
    expect((await ask("DELETE", { path, cookie })).status).toBe(404);
    expect((await ask("DELETE", { path: "sessions/ses_%00", cookie })).status).toBe(404);
    expect(await isIn(other.cookie)).toBe(false);
    expect(await isIn(cookie)).toBe(true);
  });

  it("records sign-ins, sign-outs and failed attempts in the audit log, without the password or the cookie", async () => {
    const { kw, signIn, ask, advance } = setUp({ attempts: { limit: 3 } });
    const { cookie } = await signIn();
    await ask("DELETE", { cookie, ip: "203.0.113.9" });
    for (let times = 0; times < 5; times += 1) await signIn("wrong password", { ip: "198.51.100.7" });
    advance(60_000);
    await kw.flush();
    const { events } = await kw.audit.list();
    expect(events).toMatchObject([
      {
        action: "sign-in.failed",
        actor: "anonymous",
        address: "198.51.100.7",
        details: { attempts: 4, throttled: 2 },
      },
      {
        action: "sign-in.failed",
        actor: "anonymous",
        address: "198.51.100.7",
        details: { attempts: 1, throttled: 0 },
      },
      { action: "session.ended", actor: "admin", address: "203.0.113.9" },
      { action: "session.started", actor: "admin", address: "203.0.113.1" },
    ]);
    const text = JSON.stringify(events);
    expect(text).not.toContain("wrong password");
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(cookie.split("=")[1]);
  });

  it("accepts a few attempts of one client, reports the waiting time, and admits others", async () => {
    const { signIn } = setUp({ attempts: { limit: 3, windowMs: 60_000 } });
    for (let times = 0; times < 3; times += 1) expect((await signIn("wrong password")).status).toBe(401);
    const refused = await signIn();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
    // The same client by another notation of its address; and its neighbour in an IPv6 network.
    expect((await signIn(PASSWORD, { ip: "::ffff:203.0.113.1" })).status).toBe(429);
    expect((await signIn(PASSWORD, { ip: "203.0.113.2" })).status).toBe(204);
    for (let times = 0; times < 3; times += 1) await signIn("wrong password", { ip: "2001:db8::1" });
    expect((await signIn(PASSWORD, { ip: "2001:db8:0:ff::2" })).status).toBe(429);
  });

  it("limits attempts from many addresses, and keeps an allowance for browsers that signed in before", async () => {
    const { signIn } = setUp({ attempts: { limit: 3, total: 20, windowMs: 60_000 } });
    const { device } = await signIn();
    expect(device).toMatch(/^__Host-keyward-device=/);
    for (let host = 1; host <= 20; host += 1) {
      expect((await signIn("wrong password", { ip: `198.51.100.${host}` })).status).toBe(401);
    }
    expect((await signIn(PASSWORD, { ip: "198.51.100.99" })).status).toBe(429);
    expect((await signIn(PASSWORD, { ip: "198.51.100.99", cookie: device })).status).toBe(204);
    // The allowance is limited. A forged device cookie has no allowance.
    for (let times = 0; times < 3; times += 1) {
      expect((await signIn("wrong password", { cookie: device })).status).toBe(401);
    }
    expect((await signIn("wrong password", { cookie: device })).status).toBe(429);
    const foreign = await setUp({}, { secret: `another ${SECRET}` }).signIn();
    expect((await signIn(PASSWORD, { cookie: foreign.device })).status).toBe(429);
  });

  it("opens no session for a device cookie, in its place or under the name of the session cookie", async () => {
    const { signIn, isIn } = setUp();
    const { device } = await signIn();
    expect(await isIn(device)).toBe(false);
    expect(await isIn(device.replace("keyward-device", "keyward-session"))).toBe(false);
  });

  it.each([
    ["short", /at least 12 characters; got 5/],
    ["aaaaaaaaaaaa", /at least 5 different characters/],
    ["abcdabcdabcd", /at least 5 different characters/],
    ["Qwerty123456", /most common/],
  ])("refuses the weak password %s", (password, message) => {
    expect(() => passwordSignIn({ password })).toThrow(message);
    expect(() => passwordSignIn({ password })).not.toThrow(password === "short" ? /"short"/ : password);
  });

  it("says what is wrong with its options, and never the password", () => {
    expect(() => passwordSignIn({})).toThrow(/one of password and passwordHash/);
    expect(() => passwordSignIn({ password: PASSWORD, passwordHash: "x" })).toThrow(/one of/);
    expect(() => passwordSignIn({ password: "short" })).toThrow(
      /password must have at least 12 characters; got 5/,
    );
    expect(() => passwordSignIn({ passwordHash: "hunter2hunter2" })).toThrow(/must be an Argon2 hash/);
    expect(() => passwordSignIn({ passwordHash: "hunter2hunter2" })).not.toThrow(/hunter2/);
    expect(() => passwordSignIn({ password: PASSWORD, secret: "short" })).toThrow(
      /secret must be at least 32 bytes; got 5/,
    );
    expect(() => passwordSignIn({ password: PASSWORD, secrets: "x" } as never)).toThrow(
      /has no option "secrets"/,
    );
    const wrong: readonly [Options, RegExp][] = [
      [{ actor: "" }, /actor must be/],
      [{ idleMs: 0 }, /idleMs must be a whole number of at least 1; got 0/],
      [{ lifetimeMs: Number.NaN }, /lifetimeMs must be/],
      [{ attempts: { limit: 0 } }, /attempts.limit must be/],
      [{ attempts: { total: 0 } }, /attempts.total must be/],
      [{ attempts: { perMinute: 3 } as never }, /attempts has no option "perMinute"/],
    ];
    for (const [options, message] of wrong) {
      expect(() => passwordSignIn({ password: PASSWORD, ...options })).toThrow(message);
    }
  });
});
