import { createConsole, type Acting } from "@keyward/console";
import { createKeyward, type Keyward, type KeywardOptions } from "@keyward/core";
import { onTestFinished } from "vitest";

/** Where requests come from. */
export const ADDRESS = { secure: true, ip: "203.0.113.7" };
/** A Keyward for one test. */
export function keywardForTest(options?: KeywardOptions): Keyward {
  const kw = createKeyward(options);
  onTestFinished(() => kw.close());
  return kw;
}

/** What the tests read of bodies. */
interface Body {
  readonly key: { readonly id: string };
  readonly secret: string;
  readonly keys: readonly { readonly name: string }[];
  readonly rows: readonly { readonly admitted: number; readonly refused: number }[];
  readonly entries: readonly { readonly action: string; readonly actor: string; readonly address: string }[];
  readonly nextCursor: string;
  readonly detail: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
}

/** A console whose caller is who the header `as` says: nobody, an actor, or an actor for an owner. */
export function setUp(options: KeywardOptions = {}) {
  const kw = keywardForTest({ plans: { pro: { rate: 5, burst: 5, daily: 5 } }, ...options });
  const kwConsole = createConsole(kw, {
    authorize({ headers }): Acting | undefined {
      const [actor, ownerId] = (headers.get("as") ?? "").split("@");
      if (actor === undefined || actor === "") return undefined;
      return ownerId === undefined ? { actor } : { actor, ownerId };
    },
  });
  async function ask(
    method: string,
    path: string,
    {
      body,
      as = "ada",
      headers = {},
    }: { body?: unknown; as?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await kwConsole.fetch(
      new Request(`https://example.com/admin/api${path}`, {
        method,
        headers: {
          as,
          "sec-fetch-site": "same-origin",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
      ADDRESS,
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === "" ? {} : JSON.parse(text)) as Body,
    };
  }
  return { kw, kwConsole, ask };
}
