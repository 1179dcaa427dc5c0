import { createKeyward } from "@keyward/core";
import { keyward } from "@keyward/express";
import express, { type Request } from "express";
import express4 from "express4";
import { expect, expectTypeOf, it } from "vitest";

it("keeps the types of route parameters", () => {
  const kw = createKeyward();
  for (const app of [express(), express4() as unknown as ReturnType<typeof express>]) {
    app.get("/a/:id", keyward(kw), (request, response) => {
      expectTypeOf(request.params.id).toEqualTypeOf<string>();
      response.json(request.apiKey?.name);
    });
    app.get("/b/:id", keyward(kw), keyward(kw, { scopes: ["read"] }), (request) => {
      expectTypeOf(request.params.id).toEqualTypeOf<string>();
    });
    app.get("/c/:id", keyward(kw), (request: Request<{ id: string }>) => {
      expectTypeOf(request.params.id).toEqualTypeOf<string>();
    });
    app.use("/d", keyward(kw, { cost: (request, response) => request.url.length + response.statusCode }));
    express.Router().use(keyward(kw));
  }
});

it("knows the plans, scopes and budgets of the Keyward", () => {
  const kw = createKeyward({
    plans: { visitors: { rate: 1, budgets: { search: { rate: 1 } } } },
    scopes: { "reports:read": "Read reports" },
  });
  keyward(kw, {
    scopes: ["reports:read"],
    anyScope: ["reports:read"],
    anonymous: "visitors",
    budgets: { search: 1 },
  });
  const wrong = (mount: () => unknown) => expect(mount).toBeTypeOf("function");
  // @ts-expect-error -- no such scope
  wrong(() => keyward(kw, { scopes: ["reports:reed"] }));
  // @ts-expect-error -- no such plan
  wrong(() => keyward(kw, { anonymous: "visitor" }));
  // @ts-expect-error -- no such budget
  wrong(() => keyward(kw, { budgets: { serch: 1 } }));
  keyward(kw, { scopes: undefined, cost: undefined, settle: undefined, skip: undefined, tag: undefined });
});
