import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { maskKey } from "../../src/keys/format.ts";
import { generateKey } from "../../src/keys/generate.ts";
import { createSigner } from "../../src/keys/signer.ts";
import { SECRET } from "../secrets.ts";

describe("Secret", () => {
  const { secret } = generateKey(undefined, "prod", createSigner([SECRET]));
  const raw = secret.reveal();
  const masked = maskKey({ prefix: undefined, environment: "prod", checksum: raw.slice(-8) });

  it("prints, serializes and inspects as the masked form", () => {
    const printed = [
      String(secret),
      secret.toString(),
      `${secret}`,
      "" + (secret as unknown as string),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
      [secret].join(""),
      new Error(String(secret)).stack ?? "",
    ];
    for (const text of printed) {
      expect(text).toContain(masked);
      expect(text).not.toContain(raw.slice(0, 13));
    }
  });

  it("has the raw key in none of its fields", () => {
    const fields = Object.getOwnPropertyNames(secret).map((name) =>
      String(secret[name as keyof typeof secret]),
    );
    expect(fields).toEqual([masked]);
    expect(JSON.stringify(structuredClone({ ...secret }))).not.toContain(raw);
  });
});
