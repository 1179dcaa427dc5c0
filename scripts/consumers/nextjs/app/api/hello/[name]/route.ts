import { admissionOf, apiKeyOf, withKeyward } from "@keyward/fetch";
import type { NextRequest } from "next/server";
import { kw } from "../../../../keyward";

export const GET = withKeyward(
  kw,
  async (request: NextRequest, { params }: { params: Promise<{ name: string }> }) => {
    const { name } = await params;
    return Response.json({ hello: name, key: apiKeyOf(request).name, plan: admissionOf(request).plan });
  },
  {
    scopes: ["hello"],
    cost: 3,
    settle: (_request, response) => (response.ok ? 1 : 0),
    // `next start` speaks plain HTTP on loopback here.
    secure: () => true,
  },
);
