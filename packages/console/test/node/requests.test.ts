import { describe, expect, it } from "vitest";
import { exchange, localConsole, serve } from "./serve.ts";

const ask = (port: number, method: string, target: string, ...fields: readonly string[]) =>
  exchange(port, [`${method} ${target} HTTP/1.1`, ...fields, "Connection: close", "", ""].join("\r\n"));

const hasSecurityHeaders = (response: string) =>
  /content-security-policy: default-src 'none'/i.test(response) &&
  /x-content-type-options: nosniff/i.test(response);

describe("a request that is not an ordinary one", () => {
  it.each([
    "l.1",
    "1.2.3.4.5",
    "a b",
    "user@localhost",
    "localhost/x?",
    "localhost:99999",
    "[::1",
    "%00",
    "",
  ])("gets 400 with security headers for the Host %j", async (host) => {
    const port = await serve(localConsole().listener);
    for (const path of ["/admin/", "/admin/api/session"]) {
      const response = await ask(port, "GET", path, `Host: ${host}`);
      expect(response).toMatch(/^HTTP\/1.1 400 /);
      expect(hasSecurityHeaders(response)).toBe(true);
      expect(response).toContain('"code":"invalid-input"');
    }
  });

  it("is served if its target is a whole URL with the console's path", async () => {
    const port = await serve(localConsole().listener);
    expect(await ask(port, "GET", "http://localhost/admin/", "Host: localhost")).toMatch(/^HTTP\/1.1 200 /);
    expect(await ask(port, "GET", "http://localhost/other", "Host: localhost")).toMatch(/^HTTP\/1.1 404 /);
    expect(await ask(port, "OPTIONS", "*", "Host: localhost")).toMatch(/^HTTP\/1.1 400 /);
  });

  it.each(["TRACE", "PUT", "PROPFIND"])("gets 405 with the methods that there are for %s", async (method) => {
    const port = await serve(
      localConsole({ authorize: () => ({ actor: "ada", may: "everything" }) }).listener,
    );
    for (const [path, allow] of [
      ["/admin", "GET, HEAD, OPTIONS"],
      ["/admin/", "GET, HEAD, OPTIONS"],
      ["/admin/keys/x", "GET, HEAD, OPTIONS"],
      ["/admin/THIRD-PARTY-NOTICES.md", "GET, HEAD, OPTIONS"],
      ["/admin/api/openapi.json", "GET, HEAD, OPTIONS"],
      ["/admin/api/session", "GET, HEAD, POST, DELETE, OPTIONS"],
      ["/admin/api/api-keys", "GET, HEAD, POST, OPTIONS"],
      ["/admin/api/api-keys/key_1", "GET, HEAD, PATCH, DELETE, OPTIONS"],
      ["/admin/api/api-keys/key_1/rotate", "POST, OPTIONS"],
    ] as const) {
      const response = await ask(port, method, path, "Host: localhost");
      expect(response, path).toMatch(/^HTTP\/1.1 405 /);
      expect(response, path).toMatch(new RegExp(`^allow: ${allow}\r$`, "im"));
      expect(response, path).toContain('"code":"method-not-allowed"');
      expect(hasSecurityHeaders(response), path).toBe(true);
    }
    expect(await ask(port, method, "/admin/api/nothing", "Host: localhost")).toMatch(/^HTTP\/1.1 404 /);
  });

  it("learns the methods of an address by OPTIONS, and reads its headers by HEAD", async () => {
    const port = await serve(
      localConsole({ authorize: () => ({ actor: "ada", may: "everything" }) }).listener,
    );
    const options = await ask(port, "OPTIONS", "/admin/api/api-keys", "Host: localhost");
    expect(options).toMatch(/^HTTP\/1.1 204 /);
    expect(options).toMatch(/^allow: GET, HEAD, POST, OPTIONS\r$/im);
    expect(options).not.toMatch(/access-control/i);
    const head = await ask(port, "HEAD", "/admin/api/session", "Host: localhost");
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(head.split("\r\n\r\n")[1]).toBe("");
  });

  it("gets 403 over plain HTTP, whatever it is", async () => {
    const port = await serve(localConsole({ requireHttps: true }).listener);
    for (const [method, host] of [
      ["TRACE", "localhost"],
      ["GET", "l.1"],
      ["PUT", "localhost"],
    ] as const) {
      const response = await ask(port, method, "/admin/api/session", `Host: ${host}`);
      expect(response).toMatch(/^HTTP\/1.1 403 /);
      expect(response).toContain('"code":"https-required"');
      expect(hasSecurityHeaders(response)).toBe(true);
    }
  });
});

describe("plain HTTP from this machine", () => {
  it("does not include clients of a trusted proxy that claim to be on it", async () => {
    const { default: express } = await import("express");
    const app = express();
    app.set("trust proxy", true);
    app.use(localConsole().listener);
    const port = await serve(app);
    const response = await ask(port, "GET", "/admin/", "Host: localhost", "X-Forwarded-For: 127.0.0.1");
    expect(response).toMatch(/^HTTP\/1.1 403 /);
  });
});
