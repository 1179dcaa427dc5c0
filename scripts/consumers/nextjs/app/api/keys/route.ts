import { kw } from "../../../keyward";

export const dynamic = "force-dynamic";

/** Creates the key that the test uses: the store is in memory. */
export async function GET(): Promise<Response> {
  const { secret } = await kw.keys.create({ name: "consumer", scopes: ["hello"] });
  return new Response(secret.reveal());
}
