import { createConsole, passwordSignIn } from "@keyward/console";
import { createKeyward } from "@keyward/core";
import { hashSync } from "@node-rs/argon2";
import { afterAll, describe, expect, it } from "vitest";

const PASSWORD = "correct horse battery";
const SECRET = "a secret of at least 32 bytes for tests";
const HOUR_MS = 3_600_000;
const kw = createKeyward();

afterAll(() => kw.close());

type Options = Partial<Parameters<typeof passwordSignIn>[0]>;

/** A console with the sign-in, and a browser that keeps its cookie. */
function setUp(options: Options = {}) {
  let now = Date.now();
  const given = options.passwordHash === undefined ? { password: PASSWORD } : {};
  const authorize = passwordSignIn({ ...given, secret: SECRET, clock: () => now, ...options });
  const kwConsole = createConsole(kw, { authorize });
  async function ask(method: string, { body, cookie = "", ip = "203.0.113.1" }: Ask = {}) {
    const response = await kwConsole.fetch(
      new Request("https://example.com/admin/api/session", {
        method,
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(cookie !== "" && { cookie }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
      { secure: true, ip },
    );
    const [set = "", device = ""] = response.headers.getSetCookie();
    const cookieOf = (field: string) => field.split(";")[0] ?? "";
    const { status, headers } = response;
    return { status, headers, set, cookie: cookieOf(set), device: cookieOf(device) };
  }
  const signIn = (password = PASSWORD, more: Ask = {}) => ask("POST", { body: { password }, ...more });
  const isIn = async (cookie: string) => (await ask("GET", { cookie })).status === 200;
  return { ask, signIn, isIn, advance: (ms: number) => void (now += ms) };
}

interface Ask {
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

  it("takes no other password, no damaged cookie, and none that was sealed elsewhere", async () => {
    const { signIn, isIn, ask } = setUp();
    for (const password of ["", "correct horse batter", `${PASSWORD} `, "x".repeat(1000)]) {
      expect((await signIn(password, { ip: `203.0.113.${password.length % 200}` })).status).toBe(401);
    }
    expect((await ask("POST", { body: { password: "x".repeat(1001) } })).status).toBe(400);
    const { cookie } = await signIn();
    const other = await setUp({ secret: `another ${SECRET}` }).signIn();
    for (const wrong of [
      cookie.slice(0, -1),
      `${cookie}x`,
      other.cookie,
      "__Host-keyward-session=x",
      cookie.slice(0, 60),
    ]) {
      expect(await isIn(wrong)).toBe(false);
    }
  });

  it("opens a session of its own at each sign-in, whatever cookie was there before", async () => {
    const { signIn, isIn, ask } = setUp();
    const planted = await signIn();
    const own = await signIn(PASSWORD, { cookie: planted.cookie });
    expect(own.cookie).not.toBe(planted.cookie);
    await ask("DELETE", { cookie: planted.cookie });
    expect(await isIn(planted.cookie)).toBe(false);
    expect(await isIn(own.cookie)).toBe(true);
  });

  it("ends sessions: signed out, unused, after their time, with another password", async () => {
    const { signIn, isIn, ask, advance } = setUp();
    const { cookie } = await signIn();
    const out = await ask("DELETE", { cookie });
    expect(out.set).toMatch(/Max-Age=0/);
    expect(await isIn(cookie)).toBe(false);

    const unused = await signIn();
    advance(HOUR_MS);
    expect(await isIn(unused.cookie)).toBe(false);

    let used = await signIn();
    for (let minutes = 0; minutes < 700; minutes += 50) {
      advance(50 * 60_000);
      const renewed = await ask("GET", { cookie: used.cookie });
      expect(renewed.status).toBe(200);
      used = renewed;
    }
    advance(50 * 60_000);
    expect(await isIn(used.cookie)).toBe(false);

    const before = await signIn();
    expect(await setUp({ password: "another battery staple" }).isIn(before.cookie)).toBe(false);
    // Another process of the same deployment knows it.
    expect(await setUp().isIn((await setUp().signIn()).cookie)).toBe(true);
  });

  it("renews a session now and then, not with each request", async () => {
    const { signIn, ask, advance } = setUp();
    const { cookie } = await signIn();
    expect((await ask("GET", { cookie })).set).toBe("");
    advance(10 * 60_000);
    expect((await ask("GET", { cookie })).set).toMatch(/^__Host-keyward-session=/);
  });

  it("answers few attempts of one client, tells how long to wait, and lets others in", async () => {
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
    // The allowance is limited, and a device cookie from elsewhere has none.
    for (let times = 0; times < 3; times += 1) {
      expect((await signIn("wrong password", { cookie: device })).status).toBe(401);
    }
    expect((await signIn("wrong password", { cookie: device })).status).toBe(429);
    const foreign = await setUp({ secret: `another ${SECRET}` }).signIn();
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
