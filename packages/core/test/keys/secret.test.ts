import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { maskKey } from "../../src/keys/format.ts";
import { generateKey } from "../../src/keys/generate.ts";
import { createSeal } from "../../src/keys/seal.ts";

const seal = createSeal(["a secret of at least thirty-two bytes"]);

describe("Secret", () => {
  const { secret } = generateKey("prod", seal);
  const raw = secret.reveal();
  const masked = maskKey("prod", raw.slice(-8));

  it("shows the masked form wherever it is printed, serialized or inspected", () => {
    const shown = [
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
    for (const text of shown) {
      expect(text).toContain(masked);
      expect(text).not.toContain(raw.slice(0, 13));
    }
  });

  it("has the key in no field of its own", () => {
    const fields = Object.getOwnPropertyNames(secret).map((name) =>
      String(secret[name as keyof typeof secret]),
    );
    expect(fields).toEqual([masked]);
    expect(JSON.stringify(structuredClone({ ...secret }))).not.toContain(raw);
  });
});
