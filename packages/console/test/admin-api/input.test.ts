import { createConsole, keySignIn, passwordSignIn } from "@keyward/console";
import { createKeyward } from "@keyward/core";
import { describe, expect, it } from "vitest";
import { keywardForTest, setUp } from "./set-up.ts";

describe("bad input", () => {
  it.each([
    ["no name", {}, "name"],
    ["an empty name", { name: "" }, "name"],
    ["a name with a line break", { name: "a\nb" }, "name"],
    ["a name that is not text", { name: 7 }, "name"],
    ["a field that is not there", { name: "x", colour: "red" }, "colour"],
    ["an unknown plan", { name: "x", plan: "gold" }, "plan"],
    ["an unknown environment", { name: "x", environment: "moon" }, "environment"],
    ["a scope with a space", { name: "x", scopes: ["a b"] }, "scopes"],
    [
      "limits that contradict each other",
      { name: "x", limits: { rate: 5, burst: 1, daily: 1 } },
      "limits.burst",
    ],
    ["limits of nothing", { name: "x", limits: { rate: 0, burst: 1, daily: 1 } }, "limits.rate"],
    ["an expiry that has passed", { name: "x", expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
    ["an expiry that is not a time", { name: "x", expiresAt: "tomorrow" }, "expiresAt"],
    ["metadata that is a list", { name: "x", metadata: [] }, "metadata"],
    ["too much metadata", { name: "x", metadata: { a: "x".repeat(9000) } }, "metadata"],
  ])("%s is refused by the name of the field, and makes nothing", async (_what, body, field) => {
    const { kw, ask } = setUp();
    const answer = await ask("POST", "/api-keys", { body });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid-input", field, status: 400 } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.detail).toMatch(field);
    expect((await kw.keys.list()).keys).toHaveLength(0);
  });

  it("rejects a body that is not JSON, has another type, or is too large", async () => {
    const { ask } = setUp();
    expect(await ask("POST", "/api-keys", { body: "{" })).toMatchObject({ status: 400 });
    const form = { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "name=x" };
    expect(await ask("POST", "/api-keys", form)).toMatchObject({
      status: 415,
      body: { code: "unsupported-media-type" },
    });
    const large = { name: "x", metadata: { a: "x".repeat(70_000) } };
    expect(await ask("POST", "/api-keys", { body: large })).toMatchObject({
      status: 413,
      body: { code: "too-large" },
    });
  });

  it("returns a 404 problem for unknown paths and keys", async () => {
    const { ask } = setUp();
    expect(await ask("GET", "/api-keys/key_none")).toMatchObject({
      status: 404,
      body: { code: "key-not-found" },
    });
    for (const path of ["/nothing", "/api-keys/key_none/secret", "/"]) {
      expect(await ask("GET", path)).toMatchObject({ status: 404, body: { code: "not-found" } });
    }
    expect(await ask("GET", "/api-keys?cursor=x")).toMatchObject({ status: 400, body: { field: "cursor" } });
    expect(await ask("GET", "/api-keys?limit=5000")).toMatchObject({ status: 400, body: { field: "limit" } });
  });

  it("options that leave the console open, or are wrong, keep it from being made", () => {
    const kw = keywardForTest();
    const authorize = () => undefined;
    expect(() => createConsole(kw, {} as never)).toThrow(/authorize must be.*open to all; got undefined/);
    expect(() => createConsole(kw, undefined as never)).toThrow(
      /argument of createConsole must be an object of options; got undefined/,
    );
    expect(() => createConsole({} as never, { authorize })).toThrow(/createKeyward/);
    for (const basePath of ["admin", "/admin/", "/", "", "/a?b", '/"><script>']) {
      expect(() => createConsole(kw, { authorize, basePath })).toThrow(/basePath must be/);
    }
    for (const signInUrl of ["javascript:alert(1)", "//evil.example", "http://x"]) {
      expect(() => createConsole(kw, { authorize, signInUrl })).toThrow(/signInUrl must be/);
    }
    for (const origin of ["admin.example.com", "https://admin.example.com/", "ftp://x", "https://a/b", 7]) {
      expect(() => createConsole(kw, { authorize, origin: origin as string })).toThrow(/origin must be/);
    }
    for (const requireHttps of ["no", null, { allowLoopback: "yes" }, { allowLoopback: true, ip: "::1" }]) {
      expect(() => createConsole(kw, { authorize, requireHttps: requireHttps as never })).toThrow(
        /requireHttps/,
      );
      expect(() => createKeyward({ requireHttps: requireHttps as never })).toThrow(/requireHttps/);
    }
    for (const [brand, message] of [
      [{ name: "" }, /brand.name must be/],
      [{ name: "Acme", homeUrl: "javascript:alert(1)" }, /brand.homeUrl must be/],
      [{ name: "Acme", homeUrl: "//evil.example" }, /brand.homeUrl must be/],
      // Browsers read it as //evil.example.
      [{ name: "Acme", homeUrl: String.raw`/\evil.example` }, /brand.homeUrl must be/],
      [{ name: "Acme", homeUrl: "/\t/evil.example" }, /brand.homeUrl must be/],
      [{ name: "Acme", homeUrl: "https://ada:pw@evil.example" }, /brand.homeUrl must be/],
      [{ name: "Acme", logo: "http://acme.example/logo.svg" }, /brand.logo must be a path or an https/],
      [{ name: "Acme", logo: "data:image/svg+xml,x" }, /brand.logo must be/],
      [{ name: "Acme", logo: 7 }, /brand.logo must be/],
      [{ name: "Acme", accent: "red" }, /brand.accent must be/],
      [{ name: "Acme", accent: "#fff;x:y" }, /brand.accent must be/],
      [{ name: "Acme", color: "#ffffff" }, /brand has no option "color"/],
      [null, /brand must be/],
    ] as const) {
      expect(() => createConsole(kw, { authorize, brand: brand as never })).toThrow(message);
    }
    for (const [options, message] of [
      [{ messages: { apiKey: "Tokens" } }, /messages has no text "apiKey"; its texts are apiKeys,/],
      [{ messages: { noKeys: "" } }, /messages.noKeys must be visible text/],
      [{ messages: "Tokens" }, /messages must be an object/],
      [{ locale: "not a locale" }, /locale must be a language tag such as en-GB; got "not a locale"/],
      [{ locale: 7 }, /locale must be/],
      [{ frameAncestors: "https://app.example" }, /frameAncestors must be a list of origins over HTTPS/],
      [{ frameAncestors: ["*"] }, /frameAncestors must be .*; got "\*"/],
      [{ frameAncestors: ["https://app.example/page"] }, /frameAncestors must be/],
      [{ frameAncestors: ["http://app.example"] }, /frameAncestors must be/],
      [{ frameAncestors: ["https://app.example; script-src *"] }, /frameAncestors must be/],
    ] as const) {
      expect(() => createConsole(kw, { authorize, ...(options as object) })).toThrow(message);
    }
    expect(() => createConsole(kw, { authorize, basepath: "/x" } as never)).toThrow(
      /createConsole has no option "basepath"; its options are authorize, basePath/,
    );
  });

  it("an argument that may be a secret is not repeated", () => {
    const kw = keywardForTest();
    const secret = "4f1c2b7e9d3a5f6081726354aabbccdd" as never;
    const authorize = () => undefined;
    for (const make of [
      () => createConsole(secret, { authorize }),
      () => createConsole(kw, secret),
      () => createConsole(kw, { authorize: secret }),
      () => createConsole(kw, { authorize, signInUrl: `http://ada:${secret as string}@sign-in.example` }),
      () => createConsole(kw, { authorize, origin: `https://ada:${secret as string}@admin.example` }),
      () => createConsole(kw, { authorize, apiUrl: `https://ada:${secret as string} @api.example` }),
      () => passwordSignIn(secret),
      () => passwordSignIn({ password: "correct horse battery", attempts: secret }),
      () => keySignIn(secret),
    ]) {
      expect(make).toThrow(
        expect.objectContaining({ code: "invalid-option", message: expect.not.stringContaining("4f1c2b7e") }),
      );
    }
  });
});
