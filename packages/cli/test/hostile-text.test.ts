import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyward, type ApiKey } from "@keyward/core";
import { sqliteStore } from "@keyward/sql";
import { describe, expect, it } from "vitest";
import { openShell, SECRET, type CommandResult, type Shell } from "./keyward.ts";

/** Clears the screen, sets the window title, reverses the reading direction, forges a line, and hides in a C1 control. */
const HOSTILE = "a\u001B[2J\u001B]0;title\u0007\u202Eb\u200B\r\nall good\u009B31m\u2028c";
const CONTROLS = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;
const LOOKS_LIKE = "prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56";

const PLACEHOLDER = "placeholder";

/** Replaces the placeholder in every string, however deep. */
function withHostileText(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(PLACEHOLDER, HOSTILE);
  if (Array.isArray(value)) return value.map(withHostileText);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withHostileText(each)]));
}

/** Stores a key with hostile texts, as if they had been written to the database without Keyward's checks. */
async function storeHostileKey(shell: Shell): Promise<ApiKey> {
  const store = await sqliteStore(join(shell.folder, "keyward.db"));
  const unchecked = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown =>
        Reflect.apply(member, target, args.map(withHostileText));
    },
  });
  const kw = createKeyward({ secret: SECRET, store: unchecked });
  const { key } = await kw.keys.create(
    {
      name: `name ${PLACEHOLDER}`,
      ownerId: `owner ${PLACEHOLDER}`,
      metadata: { note: PLACEHOLDER },
    },
    { actor: `actor ${PLACEHOLDER}`, address: `address ${PLACEHOLDER}` },
  );
  await kw.close();
  return key;
}

function expectNoControls({ out, err }: CommandResult): void {
  expect(out).not.toMatch(CONTROLS);
  expect(err).not.toMatch(CONTROLS);
}

describe("control characters in data", () => {
  it("are printed in visible form by every command that shows stored text", async () => {
    const shell = openShell();
    const { id } = await storeHostileKey(shell);
    for (const command of [
      ["keys", "list"],
      ["keys", "show", id],
      ["keys", "revoke", id],
      ["keys", "rotate", id, "--overlap", "1h"],
      ["audit"],
      ["keys", "revoke", id, "--yes"],
    ]) {
      const result = await shell.keyward(...command);
      expectNoControls(result);
      expect(result.out + result.err).not.toMatch(/^all good/m);
    }
    const { out } = await shell.keyward("keys", "show", id);
    expect(out).toContain(
      String.raw`name a\u{1b}[2J\u{1b}]0;title\u{7}\u{202e}b\u{200b}\r\nall good\u{9b}31m\u{2028}c`,
    );
  });

  it("stay in JSON output, escaped", async () => {
    const shell = openShell();
    const { id } = await storeHostileKey(shell);
    for (const command of [["keys", "list"], ["keys", "show", id], ["audit"]]) {
      const result = await shell.keyward(...command, "--json");
      expectNoControls(result);
      expect(JSON.stringify(JSON.parse(result.out))).toContain(JSON.stringify(HOSTILE).slice(1, -1));
    }
  });

  it("are printed in visible form in paths and in errors that repeat an argument", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    shell.git("init", "-q");
    const folder = `dir ${HOSTILE}`;
    mkdirSync(join(shell.folder, folder));
    writeFileSync(join(shell.folder, folder, `file ${HOSTILE}`), LOOKS_LIKE);
    shell.git("add", "-A");
    shell.git("commit", "-qm", "leak");
    for (const command of [
      ["scan"],
      ["scan", folder],
      ["scan", "--history"],
      ["scan", "--json"],
      ["scan", `missing ${HOSTILE}`],
      [`command ${HOSTILE}`],
      ["keys", "create", "--name", "a", "--expires", HOSTILE],
      ["keys", "create", "--name", "a", "--env", HOSTILE],
      ["doctor", "--url", HOSTILE],
    ]) {
      expectNoControls(await shell.keyward(...command));
    }
    expect((await shell.keyward("scan")).out.split("\n")).toHaveLength(2);
  });
});
