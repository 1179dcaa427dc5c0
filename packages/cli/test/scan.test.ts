import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openShell, type Shell } from "./keyward.ts";

const LOOKS_LIKE = "prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56";

async function newKey(shell: Shell): Promise<string> {
  return (await shell.keyward("keys", "create", "--name", "leaked")).out.trim();
}

function write(shell: Shell, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(shell.folder, path)), { recursive: true });
    writeFileSync(join(shell.folder, path), text);
  }
}

const pathsOf = (out: string) =>
  out
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("  ")[0]);

describe("keyward scan", () => {
  it("prints the place of each key and its masked form, and exits with 1", async () => {
    const shell = openShell();
    const key = await newKey(shell);
    write(shell, {
      "src/app.js": `// first\nconst key = "${key}";\n`,
      "src/more.txt": `ünï\n\n${key} änd again ${key}`,
      "clean.txt": "nothing\n",
    });
    const { code, out, err } = await shell.keyward("scan", "src");
    expect(code).toBe(1);
    expect(pathsOf(out)).toEqual(["src/app.js:2:14", "src/more.txt:3:1", "src/more.txt:3:44"]);
    expect(out).toContain(`prod_********-****-****-${key.slice(-8)}`);
    expect(out + err).not.toContain(key.slice(5, 13));
    expect(err).toMatch(/3 keys found in 2 files \(0\.0 MB/);
    expect(await shell.keyward("scan", "clean.txt")).toMatchObject({ code: 0, out: "" });
  });

  it("reports only issued keys with the secret, and everything with the form of a key without it", async () => {
    const shell = openShell();
    write(shell, { "a.txt": LOOKS_LIKE });
    expect(await shell.keyward("scan", "a.txt")).toMatchObject({ code: 0 });
    const without = await shell.keywardWith({ env: { KEYWARD_SECRET: "" } }, "scan", "a.txt");
    expect(without).toMatchObject({
      code: 1,
      out: expect.stringContaining("prod_********-****-****-1a234b56"),
    });
  });

  it.each([
    ["in a repository", true],
    ["in another folder", false],
  ])("honours .gitignore %s", async (_where, isRepository) => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    if (isRepository) shell.git("init", "-q");
    write(shell, {
      ".gitignore": "dist/\n*.log\n",
      "dist/bundle.js": LOOKS_LIKE,
      "server.log": LOOKS_LIKE,
      "seen.txt": LOOKS_LIKE,
      "sub/.gitignore": "!kept.log\nlocal.txt\n",
      "sub/kept.log": LOOKS_LIKE,
      "sub/local.txt": LOOKS_LIKE,
      "sub/deeper/local.txt": LOOKS_LIKE,
      "local.txt": LOOKS_LIKE,
    });
    const { out } = await shell.keyward("scan");
    expect(pathsOf(out).toSorted()).toEqual(["local.txt:1:1", "seen.txt:1:1", "sub/kept.log:1:1"]);
  });

  it("finds a key across the pieces of a large file once, at its place", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    const piece = 8 * 1024 * 1024;
    const lines = "x".repeat(63).concat("\n");
    for (const before of [
      piece - 91,
      piece - 90,
      piece - 46,
      piece - 45,
      piece - 44,
      piece - 20,
      piece - 1,
      piece,
    ]) {
      const filler = lines.repeat(Math.floor(before / 64)).concat(" ".repeat(before % 64));
      write(shell, { "large.txt": `${filler}${LOOKS_LIKE}\n${LOOKS_LIKE}` });
      const { out } = await shell.keyward("scan", "large.txt");
      const line = Math.floor(before / 64) + 1;
      const column = (before % 64) + 1;
      expect(pathsOf(out), `after ${before}`).toEqual([
        `large.txt:${line}:${column}`,
        `large.txt:${line + 1}:1`,
      ]);
    }
  });

  it("--staged scans what is about to be committed, not the files in the folder", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    shell.git("init", "-q");
    write(shell, { "staged.txt": LOOKS_LIKE, "not-staged.txt": LOOKS_LIKE, "with space.txt": "clean" });
    shell.git("add", "staged.txt", "with space.txt");
    write(shell, { "staged.txt": "removed, but not from what is staged", "with space.txt": LOOKS_LIKE });
    const { code, out } = await shell.keyward("scan", "--staged");
    expect(code).toBe(1);
    expect(pathsOf(out)).toEqual(["staged.txt:1:1"]);
    shell.git("add", "-A");
    expect(pathsOf((await shell.keyward("scan", "--staged")).out).toSorted()).toEqual([
      "not-staged.txt:1:1",
      "with space.txt:1:1",
    ]);
    shell.git("commit", "-qm", "all");
    expect(await shell.keyward("scan", "--staged")).toMatchObject({ code: 0, out: "" });
  });

  it("--history finds keys that were removed, and the commit that introduced them", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    shell.git("init", "-q");
    const commit = (message: string) => {
      shell.git("add", "-A");
      shell.git("commit", "-qm", message);
      return shell.git("rev-parse", "HEAD").trim();
    };
    write(shell, { "a.txt": "nothing yet" });
    commit("first");
    write(shell, { "a.txt": `line\n${LOOKS_LIKE}` });
    const guilty = commit("second");
    write(shell, { "a.txt": `line\n${LOOKS_LIKE}\nmore` });
    commit("third");
    rmSync(join(shell.folder, "a.txt"));
    commit("fourth");
    expect(await shell.keyward("scan")).toMatchObject({ code: 0 });
    const { code, out } = await shell.keyward("scan", "--history", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      leaks: [
        { path: "a.txt", line: 2, column: 1, masked: "prod_********-****-****-1a234b56", commit: guilty },
      ],
      revoked: [],
    });
  });

  it("--revoke revokes the active keys that it finds, after a confirmation", async () => {
    const shell = openShell();
    const key = await newKey(shell);
    write(shell, { "a.txt": `${key}\n${key}` });
    const unanswered = await shell.keyward("scan", "a.txt", "--revoke");
    expect(unanswered).toMatchObject({ code: 1, err: expect.stringContaining("Pass --yes") });
    const revoked = await shell.keyward("scan", "a.txt", "--revoke", "--yes");
    expect(revoked).toMatchObject({ code: 1, err: expect.stringContaining('Revoked "leaked"') });
    const audit = (await shell.keyward("audit", "--limit", "1")).out;
    expect(audit).toMatch(/key\.revoked/);
    const again = await shell.keyward("scan", "a.txt", "--revoke", "--yes");
    expect(again.err).toContain("None of these keys is active");
  });

  it("--sarif writes a report for code hosts that contains no key", async () => {
    const shell = openShell();
    const key = await newKey(shell);
    write(shell, { "my files/a.txt": `\n  ${key}` });
    await shell.keyward("scan", "my files", "--sarif", "report.sarif");
    const text = readFileSync(join(shell.folder, "report.sarif"), "utf8");
    expect(text).not.toContain(key.slice(5, 13));
    const report = JSON.parse(text) as { version: string; runs: { results: object[] }[] };
    expect(report).toMatchObject({ version: "2.1.0" });
    expect(report.runs[0]?.results).toMatchObject([
      {
        ruleId: "leaked-api-key",
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: "my%20files/a.txt" },
              region: { startLine: 2, startColumn: 3, endColumn: 35 },
            },
          },
        ],
      },
    ]);
  });

  it("skips tracked files that were removed, and rejects paths that do not exist", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    shell.git("init", "-q");
    write(shell, { "gone.txt": LOOKS_LIKE, "here.txt": LOOKS_LIKE });
    shell.git("add", "-A");
    rmSync(join(shell.folder, "gone.txt"));
    expect(pathsOf((await shell.keyward("scan")).out)).toEqual(["here.txt:1:1"]);
    expect(await shell.keyward("scan", "nowhere")).toMatchObject({
      code: 2,
      err: expect.stringContaining("nowhere does not exist"),
    });
    const noRepository = openShell();
    expect(await noRepository.keyward("scan", "--staged")).toMatchObject({
      code: 1,
      err: expect.stringContaining("is not in a Git repository"),
    });
  });
});

describe("rules for other tools", () => {
  const rules = (name: string) => new URL(`../rules/${name}`, import.meta.url);

  it("gitleaks rules match keys and secrets, and no masked keys or other words", async () => {
    const shell = openShell();
    const key = await newKey(shell);
    const text = readFileSync(rules("gitleaks.toml"), "utf8");
    const patterns = [...text.matchAll(/regex = '''(.*)'''/g)].map(
      ([, source]) => new RegExp(source as string),
    );
    expect(patterns).toHaveLength(2);
    const [keys, secrets] = patterns as [RegExp, RegExp];
    for (const line of [`key: ${key}`, `"${key}"`, `x=${key}&y`]) expect(keys.exec(line)?.[1]).toBe(key);
    for (const line of [
      `prod_********-****-****-${key.slice(-8)}`,
      key.slice(5),
      `${key}x`,
      "some_words-here",
    ]) {
      expect(keys.test(line)).toBe(false);
    }
    const { out } = await shell.keyward("init");
    expect(secrets.test(out)).toBe(true);
    for (const line of ["KEYWARD_SECRET=", "KEYWARD_SECRET=$SECRET", "process.env.KEYWARD_SECRET"]) {
      expect(secrets.test(line)).toBe(false);
    }
  });

  it("the Git hook refuses commits that contain a key", async () => {
    const bin = new URL("../bin", import.meta.url).pathname;
    const shell = openShell({ KEYWARD_SECRET: "" });
    shell.git("init", "-q");
    const hook = join(shell.folder, ".git/hooks/pre-commit");
    // npx runs the installed package.
    const installed = readFileSync(rules("pre-commit"), "utf8").replace(
      "npx --no -- keyward",
      `"${process.execPath}" "${bin}/keyward.js"`,
    );
    writeFileSync(hook, installed, { mode: 0o755 });
    write(shell, { "a.txt": "clean" });
    shell.git("add", "-A");
    shell.git("commit", "-qm", "clean");
    write(shell, { "a.txt": LOOKS_LIKE });
    shell.git("add", "-A");
    expect(() => shell.git("commit", "-qm", "leak")).toThrow(/a\.txt:1:1 .*prod_\*{8}/);
    expect(shell.git("log", "--format=%s").trim()).toBe("clean");
  });
});
