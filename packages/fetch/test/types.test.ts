import { createKeyward } from "@keyward/core";
import { withKeyward } from "@keyward/fetch";
import { expect, expectTypeOf, it } from "vitest";

/** The context of a route handler in Next.js. */
interface RouteContext {
  readonly params: Promise<{ id: string }>;
}

it("keeps the types of the handler's further arguments", async () => {
  const kw = createKeyward();
  const handler = withKeyward(kw, async (_request: Request, { params }: RouteContext) => {
    const { id } = await params;
    expectTypeOf(id).toEqualTypeOf<string>();
    return Response.json({ id });
  });
  expectTypeOf(handler).parameters.toEqualTypeOf<[request: Request, context: RouteContext]>();
  const response = await handler(new Request("https://api.example.com/"), {
    params: Promise.resolve({ id: "1" }),
  });
  expect(response.status).toBe(401);
});

it("knows the plans, scopes and budgets of the Keyward", () => {
  const kw = createKeyward({
    plans: { visitors: { rate: 1, budgets: { search: { rate: 1 } } } },
    scopes: { "reports:read": "Read reports" },
  });
  const handler = () => new Response();
  withKeyward(kw, handler, { scopes: ["reports:read"], anonymous: "visitors", budgets: { search: 1 } });
  const wrong = (mount: () => unknown) => expect(mount).toBeTypeOf("function");
  // @ts-expect-error -- no such scope
  wrong(() => withKeyward(kw, handler, { scopes: ["reports:reed"] }));
  // @ts-expect-error -- no such plan
  wrong(() => withKeyward(kw, handler, { anonymous: "visitor" }));
  // @ts-expect-error -- no such budget
  wrong(() => withKeyward(kw, handler, { budgets: { serch: 1 } }));
});
