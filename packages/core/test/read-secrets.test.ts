import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyward, readSecrets } from "@keyward/core";
import { describe, expect, it, onTestFinished } from "vitest";

const CURRENT = "Zx3vQ9kT1x8Lm0RaB1a234b56Qw7Er8Ty9Ui0Op";
const PREVIOUS = "Aa3vQ9kT1x8Lm0RaB1a234b56Qw7Er8Ty9Ui0Op";

function file(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "keyward-secret-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "secret");
  writeFileSync(path, content);
  return path;
}

describe("readSecrets", () => {
  it("reads secrets from variables and from files, the current one first", () => {
    expect(readSecrets({})).toBeUndefined();
    expect(readSecrets({ KEYWARD_SECRET: "", KEYWARD_SECRET_FILE: "" })).toBeUndefined();
    expect(readSecrets({ KEYWARD_SECRET: CURRENT })).toEqual([CURRENT]);
    for (const lineBreak of ["", "\n", "\r\n"])
      expect(readSecrets({ KEYWARD_SECRET_FILE: file(CURRENT + lineBreak) })).toEqual([CURRENT]);
    expect(readSecrets({ KEYWARD_SECRET: CURRENT, KEYWARD_PREVIOUS_SECRET: PREVIOUS })).toEqual([
      CURRENT,
      PREVIOUS,
    ]);
    expect(
      readSecrets({ KEYWARD_SECRET_FILE: file(CURRENT), KEYWARD_PREVIOUS_SECRET_FILE: file(PREVIOUS) }),
    ).toEqual([CURRENT, PREVIOUS]);
  });

  it("keeps everything else in the file, so that a damaged secret is not read as another", () => {
    for (const text of [` ${CURRENT}`, `${CURRENT} \n`, `${CURRENT}\n\n`, `${CURRENT}\nsecond`])
      expect(readSecrets({ KEYWARD_SECRET_FILE: file(text) })).toEqual([text.replace(/\n$/, "")]);
  });

  it("explains what is wrong, without repeating a secret", () => {
    for (const [env, message] of [
      [{ KEYWARD_SECRET: CURRENT, KEYWARD_SECRET_FILE: file(CURRENT) }, /^Only one of KEYWARD_SECRET and/],
      [{ KEYWARD_SECRET_FILE: file("\n") }, /^KEYWARD_SECRET_FILE: .* is empty/],
      [{ KEYWARD_SECRET_FILE: "/nowhere/secret" }, /^KEYWARD_SECRET_FILE: .* cannot be read \(ENOENT\)/],
      [{ KEYWARD_SECRET_FILE: tmpdir() }, /cannot be read \(EISDIR\)/],
      [{ KEYWARD_PREVIOUS_SECRET: PREVIOUS }, /^KEYWARD_PREVIOUS_SECRET is set and KEYWARD_SECRET is not/],
    ] as const) {
      const read = () => readSecrets(env);
      expect(read).toThrow(expect.objectContaining({ code: "invalid-option" }));
      expect(read).toThrow(message);
      expect(read).not.toThrow(CURRENT);
    }
  });

  it("returns what createKeyward takes", async () => {
    for (const env of [{ KEYWARD_SECRET: CURRENT }, {}]) {
      const kw = createKeyward({ secret: readSecrets(env) });
      const { secret } = await kw.keys.create({ name: "a" });
      expect(secret.reveal()).toMatch(/^prod_/);
      await kw.close();
    }
  });
});
