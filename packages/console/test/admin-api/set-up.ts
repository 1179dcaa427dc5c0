import { createConsole } from "@keyward/console";
import { createKeyward, type Keyward, type KeywardOptions, type Principal } from "@keyward/core";
import { onTestFinished } from "vitest";

/** The connection of requests. */
export const ADDRESS = { secure: true, ip: "203.0.113.7" };
/** A Keyward for one test. */
export function keywardForTest(options: KeywardOptions = {}): Keyward {
  const kw = createKeyward(options);
  onTestFinished(() => kw.close());
  return kw;
}

/** Fields of response bodies that the tests read. */
interface Body {
  readonly key: { readonly id: string };
  readonly secret: string;
  readonly keys: readonly { readonly name: string }[];
  readonly rows: readonly { readonly admitted: number; readonly refused: number }[];
  readonly events: readonly { readonly action: string; readonly actor: string; readonly address: string }[];
  readonly nextCursor: string;
  readonly detail: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
}

/**
 * A console whose principal is in the header `as`: absent, an operator such as `ada`, or a customer such as `ada@acme`. The header
 * `may` holds permissions as JSON.
 */
export function setUp(options: KeywardOptions = {}) {
  const kw = keywardForTest({ plans: { pro: { rate: 5, burst: 5, daily: 5 } }, ...options });
  const kwConsole = createConsole(kw, {
    authorize({ headers }): Principal | undefined {
      const [actor, ownerId] = (headers.get("as") ?? "").split("@");
      if (actor === undefined || actor === "") return undefined;
      const may = headers.get("may");
      const permissions = may === null ? undefined : (JSON.parse(may) as Principal["may"]);
      return ownerId === undefined
        ? { actor, may: permissions ?? "everything" }
        : { actor, ownerId, may: permissions };
    },
  });
  async function ask(
    method: string,
    path: string,
    {
      body,
      as = "ada",
      may,
      headers = {},
    }: { body?: unknown; as?: string; may?: Principal["may"]; headers?: Record<string, string> } = {},
  ): Promise<ApiResponse> {
    const response = await kwConsole.fetch(
      new Request(`https://example.com/admin/api${path}`, {
        method,
        headers: {
          as,
          ...(may !== undefined && { may: JSON.stringify(may) }),
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
