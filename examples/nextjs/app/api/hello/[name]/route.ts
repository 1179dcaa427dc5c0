import { apiKeyOf, withKeyward } from "@keyward/fetch";
import { kw } from "../../../../lib/keyward";

type Context = { params: Promise<{ name: string }> };

export const POST = withKeyward(
  kw,
  async (request: Request, { params }: Context) => {
    const { name } = await params;
    return Response.json({ hello: name, from: apiKeyOf(request).name }, { status: 201 });
  },
  {
    scopes: ["hello:write"],
    cost: 10,
    // The proxy in front of Next.js terminates TLS and sets this header.
    secure: (request) => request.headers.get("x-forwarded-proto") === "https",
  },
);
