import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openShell, SECRET } from "./keyward.ts";

const OTHER_SECRET = "Aa3vQ9kT1x8Lm0RaB1a234b56Qw7Er8Ty9Ui0Op";
const LOOKS_LIKE = "prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56";

/** A shell whose environment has no settings, so that they come from elsewhere. */
function openEmptyShell() {
  const shell = openShell();
  const write = (path: string, text: string, mode = 0o600) =>
    writeFileSync(join(shell.folder, path), text, { mode });
  // `undefined` removes a variable that the shell sets.
  const env = { KEYWARD_SECRET: undefined, KEYWARD_ACTOR: undefined } as unknown as Record<string, string>;
  const keyward = (...args: readonly string[]) => shell.keywardWith({ env }, ...args);
  return {
    ...shell,
    write,
    keyward,
    keywardWith: (more: Record<string, string>, ...args: readonly string[]) =>
      shell.keywardWith({ env: { ...env, ...more } }, ...args),
  };
}

describe("settings", () => {
  it("come from .env in the working directory", async () => {
    const { write, keyward } = openEmptyShell();
    write(
      ".env",
      `# deployment\nKEYWARD_SECRET="${SECRET}"\nexport KEYWARD_STORE=sqlite:./other.db\nKEYWARD_ACTOR='jane'\n`,
    );
    const created = await keyward("keys", "create", "--name", "a");
    expect(created).toMatchObject({ code: 0, err: expect.stringContaining("other.db") });
    expect((await keyward("audit")).out).toContain("jane");
    expect((await keyward("doctor")).out).toContain("1 secret from KEYWARD_SECRET in .env");
  });

  it("come from the environment where both set them, whichever way a secret is given", async () => {
    const { write, keyward, keywardWith } = openEmptyShell();
    write("secret", `${SECRET}\n`);
    write(".env", `KEYWARD_SECRET=${OTHER_SECRET}\nKEYWARD_ACTOR=file\n`);
    const sources = async (env: Record<string, string>) =>
      (await keywardWith(env, "doctor")).out.split("\n")[0];
    expect(await sources({})).toContain("from KEYWARD_SECRET in .env");
    expect(await sources({ KEYWARD_SECRET: SECRET })).toMatch(/from KEYWARD_SECRET$/);
    expect(await sources({ KEYWARD_SECRET_FILE: "/nowhere" })).toBe("");
    write(".env", `KEYWARD_SECRET_FILE=/nowhere\nKEYWARD_ACTOR=file\n`);
    expect(await sources({ KEYWARD_SECRET: SECRET })).toMatch(/from KEYWARD_SECRET$/);
    await keywardWith(
      { KEYWARD_SECRET: SECRET, KEYWARD_ACTOR: "environment" },
      "keys",
      "create",
      "--name",
      "a",
    );
    expect((await keywardWith({ KEYWARD_SECRET: SECRET }, "audit")).out).toContain("environment");
    expect((await keyward("keys", "list")).err).toContain("KEYWARD_SECRET_FILE: /nowhere cannot be read");
  });

  it("come from .env for no other program: Git gets none of its variables", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    shell.git("init", "-q");
    const trace = join(shell.folder, "trace");
    writeFileSync(join(shell.folder, ".env"), `GIT_TRACE=${trace}\nPATH=/nowhere\nNODE_OPTIONS=--bad\n`);
    writeFileSync(join(shell.folder, "a.txt"), LOOKS_LIKE);
    expect(await shell.spawnKeyward({}, "scan", "a.txt")).toMatchObject({ code: 1 });
    expect(() => readFileSync(trace)).toThrow("ENOENT");
  });

  it("read the secret from the file that KEYWARD_SECRET_FILE names", async () => {
    const { write, keywardWith, folder } = openEmptyShell();
    write("secret", `${SECRET}\n`, 0o640);
    const env = { KEYWARD_SECRET_FILE: join(folder, "secret") };
    expect(await keywardWith(env, "keys", "create", "--name", "a")).toMatchObject({ code: 0 });
    expect((await keywardWith({ KEYWARD_SECRET: SECRET }, "keys", "list")).out).toContain("active");
    expect((await keywardWith(env, "doctor")).out).toMatch(/other users can read .*secret \(mode 640\)/);
    expect(await keywardWith({ ...env, KEYWARD_SECRET: SECRET }, "keys", "list")).toMatchObject({
      code: 2,
      err: expect.stringContaining("Only one of KEYWARD_SECRET and KEYWARD_SECRET_FILE may be set."),
    });
  });

  it.each([
    [".env", `KEYWARD_SECRET=${OTHER_SECRET}`],
    ["keyward.db.secret", OTHER_SECRET],
  ])("of a scan come from %s only if Git does not track it", async (file, content) => {
    const { git, write, keyward } = openEmptyShell();
    git("init", "-q");
    write("a.txt", LOOKS_LIKE);
    write(file, content);
    const untracked = await keyward("scan", "a.txt");
    expect(untracked).toMatchObject({
      code: 0,
      err: expect.stringContaining("Reporting only keys that were issued"),
    });
    git("add", "-A");
    const tracked = await keyward("scan", "a.txt");
    expect(tracked).toMatchObject({ code: 1, err: expect.stringContaining(`${file} is tracked by Git`) });
  });
});

describe("the program", () => {
  it("prints its version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await openShell().spawnKeyward({}, "--version")).toEqual({
      code: 0,
      out: `${version}\n`,
      err: "",
    });
  });

  it("works as an installed program: reads stdin, writes to pipes, and sets the exit status", async () => {
    const shell = openShell();
    const created = await shell.spawnKeyward({}, "keys", "create", "--name", "a", "--json");
    expect(created.code).toBe(0);
    const { key, secret } = JSON.parse(created.out) as { key: { id: string }; secret: string };
    expect(await shell.spawnKeyward({ input: "n\n" }, "keys", "revoke", key.id)).toMatchObject({ code: 1 });
    expect(await shell.spawnKeyward({ input: "y\n" }, "keys", "revoke", key.id)).toMatchObject({ code: 0 });
    expect(await shell.spawnKeyward({}, "nonsense")).toMatchObject({ code: 2 });
    mkdirSync(join(shell.folder, "sub"));
    writeFileSync(join(shell.folder, "sub/a.txt"), secret);
    expect((await shell.spawnKeyward({}, "scan", "sub")).out).toMatch(/^sub\/a\.txt:1:1 {2}prod_\*{8}/);
  });

  it("never repeats a key that was passed as an argument", async () => {
    const { keyward } = openShell();
    for (const command of [
      ["keys", "show", LOOKS_LIKE],
      ["keys", "rotate", LOOKS_LIKE, "--overlap", LOOKS_LIKE],
      ["scan", LOOKS_LIKE],
      [LOOKS_LIKE],
    ]) {
      const { out, err } = await keyward(...command);
      expect(out + err).not.toContain("Q3v9ZkT1");
      expect(err).not.toBe("");
    }
  });
});
