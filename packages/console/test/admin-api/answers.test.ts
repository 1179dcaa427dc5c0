import { createConsole, type ConsoleOptions } from "@keyward/console";
import { describe, expect, it } from "vitest";
import { ADDRESS, keywardForTest, setUp } from "./set-up.ts";

describe("every response", () => {
  it("forbids frames, inline code and caching", async () => {
    const { kwConsole } = setUp();
    for (const path of ["/", "/keys/x", "/api/session", "/api/nothing", "/assets/none.js"]) {
      const { headers } = await kwConsole.fetch(new Request(`https://example.com/admin${path}`), ADDRESS);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("of the page refers to files that are there, and to none of another host", async () => {
    const { kwConsole } = setUp();
    const get = (path: string) => kwConsole.fetch(new Request(`https://example.com${path}`), ADDRESS);
    expect((await get("/admin")).headers.get("location")).toBe("/admin/");
    const html = await (await get("/admin/")).text();
    const files = [...html.matchAll(/(?:src|href)="(\.\/[^"]+)"/g)].map(([, file]) => String(file));
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const response = await get(new URL(file, "https://example.com/admin/").pathname);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toContain("immutable");
    }
    expect(await (await get("/admin/THIRD-PARTY-NOTICES.md")).text()).toContain("## react - ");
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script(?![^>]*src=)/);
    for (const path of ["/admin/assets/%2e%2e%2findex.html", "/admin/assets/package.json"]) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it("permits frames only of listed origins, and images only of its origin and the logo's", async () => {
    const headersWith = async (options: Partial<ConsoleOptions>) => {
      const { fetch } = createConsole(keywardForTest(), { authorize: () => undefined, ...options });
      const { headers } = await fetch(new Request("https://example.com/admin/"), ADDRESS);
      return [headers.get("content-security-policy") ?? "", headers.get("x-frame-options")] as const;
    };
    const [policy, frames] = await headersWith({});
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).toMatch(/img-src 'self'(?:;|$)/);
    expect(frames).toBe("DENY");
    const [listed, framesOfListed] = await headersWith({
      frameAncestors: ["https://app.example", "http://localhost:3000"],
      brand: { name: "Acme", logo: "https://cdn.acme.example/logo.svg?v=2" },
    });
    expect(listed).toMatch(/frame-ancestors https:\/\/app\.example http:\/\/localhost:3000(?:;|$)/);
    expect(listed).toMatch(/img-src 'self' https:\/\/cdn\.acme\.example(?:;|$)/);
    expect(framesOfListed).toBe(null);
    expect((await headersWith({ brand: { name: "Acme", logo: "/logo.svg" } }))[0]).toBe(policy);
  });
});
