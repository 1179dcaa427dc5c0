import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openShell, type Shell } from "./keyward.ts";

const LOOKS_LIKE = "prod_Q3v9ZkT1-x8Lm-0RaB-1a234b56";

function write(shell: Shell, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(shell.folder, path)), { recursive: true });
    writeFileSync(join(shell.folder, path), content);
  }
}

function outsideFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "keyward-outside-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

function openRepository(files: Readonly<Record<string, string>> = {}): Shell {
  const shell = openShell({ KEYWARD_SECRET: "" });
  shell.git("init", "-q");
  write(shell, files);
  if (Object.keys(files).length > 0) {
    shell.git("add", "-A");
    shell.git("commit", "-qm", "first");
  }
  return shell;
}

async function pathsOf(shell: Shell, ...args: readonly string[]): Promise<string[]> {
  const { out, err } = await shell.keyward("scan", "--json", ...args);
  expect(out, err).not.toBe("");
  return (JSON.parse(out) as { leaks: { path: string }[] }).leaks.map(({ path }) => path).toSorted();
}

describe("keyward scan of a repository with a hostile configuration", () => {
  /** Settings whose value Git runs as a command, in some version and for some operation. */
  const COMMANDS = [
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.sshCommand",
    "core.askPass",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.hostile.command",
    "diff.hostile.textconv",
    "filter.hostile.clean",
    "filter.hostile.smudge",
    "filter.hostile.process",
    "merge.hostile.driver",
    "gpg.program",
    "gpg.ssh.program",
    "credential.helper",
    "pager.diff",
    "pager.log",
    "pager.ls-files",
    "pager.rev-list",
    "remote.origin.uploadpack",
    "remote.origin.vcs",
    "uploadpack.packObjectsHook",
    "interactive.diffFilter",
    "sequence.editor",
    "trailer.hostile.command",
    "submodule.sub.update",
  ];

  /** A repository in which every way to run a command leaves a trace, and which has a key to find. */
  function openHostileRepository(): { shell: Shell; traces: () => string[] } {
    const shell = openRepository({
      ".gitattributes": "* diff=hostile filter=hostile merge=hostile\n",
      "committed.txt": LOOKS_LIKE,
    });
    const outside = outsideFolder({});
    const script = join(outside, "hostile");
    writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> "${outside}/trace"\nexit 1\n`, { mode: 0o755 });
    const hooks = join(outside, "hooks");
    mkdirSync(hooks);
    for (const hook of ["post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc"])
      writeFileSync(join(hooks, hook), readFileSync(script), { mode: 0o755 });
    // Signed, so that showing the commit may verify the signature.
    const commit = shell.git("cat-file", "commit", "HEAD");
    const signed = commit.replace(
      "\n\n",
      "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----\n\n",
    );
    writeFileSync(join(outside, "commit"), signed);
    const oid = shell.git("hash-object", "-t", "commit", "-w", join(outside, "commit")).trim();
    shell.git("update-ref", "HEAD", oid);
    // The content of this file is left to be fetched later, from a remote that is a command.
    write(shell, { "missing.txt": "fetched later" });
    shell.git("add", "missing.txt");
    shell.git("commit", "-qm", "second");
    const missing = shell.git("rev-parse", "HEAD:missing.txt").trim();
    rmSync(join(shell.folder, ".git/objects", missing.slice(0, 2), missing.slice(2)));
    write(shell, { "staged.txt": LOOKS_LIKE });
    shell.git("add", "staged.txt");
    for (const name of COMMANDS) shell.git("config", name, script);
    for (const [name, value] of [
      ["core.hooksPath", hooks],
      ["log.showSignature", "true"],
      ["core.repositoryFormatVersion", "1"],
      ["extensions.partialClone", "origin"],
      ["extensions.worktreeConfig", "true"],
      ["remote.origin.url", `ext::${script} %S`],
      ["remote.origin.promisor", "true"],
      ["protocol.allow", "always"],
      ["protocol.ext.allow", "always"],
      ["alias.ls-files", `!${script}`],
      ["alias.cat-file", `!${script}`],
    ] as const)
      shell.git("config", name, value);
    writeFileSync(join(shell.folder, ".git/config.worktree"), `[core]\n\tfsmonitor = ${script}\n`);
    writeFileSync(join(shell.folder, ".git/included"), `[core]\n\tfsmonitor = ${script}\n`);
    shell.git("config", "include.path", "included");
    rmSync(join(outside, "trace"), { force: true });
    const traces = () =>
      existsSync(join(outside, "trace"))
        ? readFileSync(join(outside, "trace"), "utf8").trim().split("\n")
        : [];
    return { shell, traces };
  }

  it.each([
    ["its files", [], ["committed.txt", "staged.txt"]],
    ["what is staged", ["--staged"], ["staged.txt"]],
    ["its history", ["--history"], ["committed.txt"]],
  ])("runs no command when it searches %s", async (_what, flags, expected) => {
    const { shell, traces } = openHostileRepository();
    expect(await pathsOf(shell, ...flags)).toEqual(expected);
    expect(traces()).toEqual([]);
  });

  it("reports contents that this clone does not have", async () => {
    const { shell } = openHostileRepository();
    const { err } = await shell.keyward("scan", "--history");
    expect(err).toMatch(/1 object .* not in this clone/);
  });

  it("does not search the folder that core.worktree names", async () => {
    const shell = openRepository({ "inside.txt": LOOKS_LIKE });
    const outside = outsideFolder({ "outside.txt": LOOKS_LIKE });
    shell.git("config", "core.worktree", outside);
    expect(await pathsOf(shell)).toEqual(["inside.txt"]);
  });

  it("finds contents that refs/replace hides", async () => {
    const shell = openRepository({ "a.txt": LOOKS_LIKE });
    write(shell, { "b.txt": "harmless" });
    const [bad, harmless] = ["a.txt", "b.txt"].map((path) => shell.git("hash-object", "-w", path).trim());
    shell.git("replace", bad as string, harmless as string);
    expect(await pathsOf(shell, "--history")).toEqual(["a.txt"]);
  });

  it("reads repositories of every layout that Git has", { timeout: 60_000 }, async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    shell.git("init", "-q", "--object-format=sha256", "main");
    write(shell, { "main/a.txt": LOOKS_LIKE, "main/sub/b.txt": `second ${LOOKS_LIKE}` });
    const git = (...args: readonly string[]) => shell.git("-C", "main", ...args);
    git("add", "-A");
    expect(await pathsOf(shell, "main", "--staged")).toEqual(["a.txt", "sub/b.txt"]);
    git("commit", "-qm", "first");
    git("worktree", "add", "-q", "../linked");
    git("pack-refs", "--all");
    git("gc", "-q");
    expect(await pathsOf(shell, "main", "--history")).toEqual(["a.txt", "sub/b.txt"]);
    write(shell, {
      "linked/c.txt": LOOKS_LIKE,
      "linked/.gitignore": "ignored.txt",
      "linked/ignored.txt": LOOKS_LIKE,
    });
    shell.git("-C", "linked", "add", "c.txt");
    expect(await pathsOf(shell, "linked")).toEqual(["linked/a.txt", "linked/c.txt", "linked/sub/b.txt"]);
    expect(await pathsOf(shell, "linked", "--staged")).toEqual(["c.txt"]);
    expect(await pathsOf(shell, "linked/sub")).toEqual(["linked/sub/b.txt"]);
    git("update-index", "--split-index");
    git("rm", "-q", "--cached", "a.txt");
    expect(await pathsOf(shell, "main")).toEqual(["main/a.txt", "main/sub/b.txt"]);
    shell.git("clone", "-q", "--bare", "main", "bare.git");
    expect(await pathsOf(shell, "bare.git", "--history")).toEqual(["a.txt", "sub/b.txt"]);
    shell.git("clone", "-q", "--depth", "1", `file://${shell.folder}/main`, "shallow");
    expect(await pathsOf(shell, "shallow", "--history")).toEqual(["a.txt", "sub/b.txt"]);
    shell.git("clone", "-q", "main", "sparse");
    shell.git("-C", "sparse", "sparse-checkout", "set", "--cone", "--sparse-index", "nothing");
    expect(await pathsOf(shell, "sparse")).toEqual(["sparse/a.txt"]);
    expect(await shell.keyward("scan", "bare.git")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--history"),
    });
  });
});

describe("keyward scan --staged", () => {
  it("finds keys beside paths that contain line breaks or look like Git syntax", async () => {
    const shell = openRepository();
    const hostile = ["a\nb.txt", "1:x", ":x", "-x", "\t", "é\u00A0", "{}", "a -> b"];
    write(shell, Object.fromEntries([...hostile, "z.txt"].map((path) => [path, `${path} ${LOOKS_LIKE}`])));
    shell.git("add", "-A");
    expect(await pathsOf(shell, "--staged")).toEqual([...hostile, "z.txt"].toSorted());
    shell.git("commit", "-qm", "all");
    expect(await pathsOf(shell, "--staged")).toEqual([]);
    expect(await pathsOf(shell)).toEqual([...hostile, "z.txt"].toSorted());
    expect(await pathsOf(shell, "--history")).toHaveLength(hostile.length + 1);
  });

  it("searches the index of the commit that its hook runs in", async () => {
    const shell = openRepository({ "a.txt": "clean", "b.txt": "clean" });
    const bin = new URL("../bin/keyward.js", import.meta.url).pathname;
    const hook = `#!/bin/sh\nexec "${process.execPath}" "${bin}" scan --staged\n`;
    writeFileSync(join(shell.folder, ".git/hooks/pre-commit"), hook, { mode: 0o755 });
    write(shell, { "a.txt": LOOKS_LIKE });
    for (const commit of [
      ["-am", "all"],
      ["-m", "one", "a.txt"],
    ])
      expect(() => shell.git("commit", "-q", ...commit)).toThrow(/a\.txt:1:1/);
    write(shell, { "b.txt": "changed" });
    shell.git("commit", "-qm", "other", "b.txt");
    shell.git("worktree", "add", "-q", "linked");
    write(shell, { "linked/a.txt": LOOKS_LIKE });
    expect(() => shell.git("-C", "linked", "commit", "-qam", "linked")).toThrow(/a\.txt:1:1/);
  });
});

describe("keyward scan of a folder with files of every kind", () => {
  const fifo = (shell: Shell, path: string) => execFileSync("mkfifo", [join(shell.folder, path)]);

  it("opens no FIFO, device or socket", { timeout: 30_000 }, async () => {
    const shell = openRepository({ "tracked.txt": "text", "sub/b.txt": LOOKS_LIKE });
    rmSync(join(shell.folder, "tracked.txt"));
    for (const path of ["tracked.txt", "untracked", "sub/.gitignore", ".git/info/exclude2"])
      fifo(shell, path);
    rmSync(join(shell.folder, ".git/info/exclude"), { force: true });
    fifo(shell, ".git/info/exclude");
    symlinkSync("/dev/zero", join(shell.folder, "device"));
    expect(await pathsOf(shell)).toEqual(["sub/b.txt"]);
    const plain = openShell({ KEYWARD_SECRET: "" });
    for (const path of ["fifo", ".gitignore", ".env", "keyward.db.secret"]) fifo(plain, path);
    write(plain, { "a.txt": LOOKS_LIKE });
    expect(await pathsOf(plain)).toEqual(["a.txt"]);
    for (const path of ["fifo", "/dev/zero"]) {
      expect(await plain.keyward("scan", path)).toMatchObject({
        code: 2,
        err: expect.stringContaining("must be a file or a folder"),
      });
    }
  });

  it("follows no symbolic link that leads out of the folder", async () => {
    const outside = outsideFolder({ "key.txt": LOOKS_LIKE });
    const shell = openRepository({ "folder/key.txt": "tracked", "inside.txt": LOOKS_LIKE });
    symlinkSync(join(outside, "key.txt"), join(shell.folder, "tracked-link"));
    shell.git("add", "-A");
    symlinkSync(join(outside, "key.txt"), join(shell.folder, "link"));
    symlinkSync(outside, join(shell.folder, "linked-folder"));
    // The tracked path is still folder/key.txt, which now leads out.
    rmSync(join(shell.folder, "folder"), { recursive: true });
    symlinkSync(outside, join(shell.folder, "folder"));
    expect(await pathsOf(shell)).toEqual(["inside.txt"]);
    rmSync(join(shell.folder, ".git"), { recursive: true });
    expect(await pathsOf(shell)).toEqual(["inside.txt"]);
  });

  it("leaves the folder for no path in the index", async () => {
    const shell = openRepository({ "inside.txt": LOOKS_LIKE });
    const outside = outsideFolder({ "key.txt": LOOKS_LIKE });
    const up = `../${outside.split("/").at(-1)}/key.txt`;
    const placeholder = up.replaceAll("..", "xx");
    write(shell, { [placeholder]: "x" });
    shell.git("add", "-A");
    rmSync(join(shell.folder, "xx"), { recursive: true });
    const index = join(shell.folder, ".git/index");
    const bytes = readFileSync(index, "latin1").replace(placeholder, up);
    writeFileSync(index, bytes, "latin1");
    expect(await pathsOf(shell)).toEqual(["inside.txt"]);
  });

  it("follows a symbolic link that the caller names", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    write(shell, { "real/a.txt": LOOKS_LIKE });
    symlinkSync("real", join(shell.folder, "folder"));
    symlinkSync("real/a.txt", join(shell.folder, "file"));
    expect(await pathsOf(shell, "folder")).toEqual(["folder/a.txt"]);
    expect(await pathsOf(shell, "file")).toEqual(["file"]);
  });

  it("searches submodules and repositories inside the folder", async () => {
    const shell = openRepository({ "a.txt": "clean" });
    const library = openRepository({ "library.txt": LOOKS_LIKE });
    shell.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.folder, "sub");
    shell.git("commit", "-qm", "submodule");
    shell.git("init", "-q", "nested");
    write(shell, {
      "nested/n.txt": LOOKS_LIKE,
      "nested/.gitignore": "ignored",
      "nested/ignored": LOOKS_LIKE,
    });
    expect(await pathsOf(shell)).toEqual(["nested/n.txt", "sub/library.txt"]);
    shell.git("submodule", "--quiet", "deinit", "--force", "sub");
    expect(await pathsOf(shell)).toEqual(["nested/n.txt"]);
  });

  it("honours the ignore rules of the repository and of its user", async () => {
    const shell = openRepository({ ".gitignore": "*.log", "kept.log": "x" });
    shell.git("add", "--force", "kept.log");
    write(shell, {
      ".git/info/exclude": "excluded.txt\n",
      "own-rules": "own.txt\n",
      ".gitconfig": `[core]\n\texcludesFile = ${shell.folder}/own-rules\n`,
      "kept.log": LOOKS_LIKE,
      "other.log": LOOKS_LIKE,
      "excluded.txt": LOOKS_LIKE,
      "own.txt": LOOKS_LIKE,
      "sub/sub.log": LOOKS_LIKE,
      "sub/excluded.txt": LOOKS_LIKE,
      "sub/sub.txt": LOOKS_LIKE,
    });
    expect(await pathsOf(shell)).toEqual(["kept.log", "sub/sub.txt"]);
    expect(await pathsOf(shell, "sub")).toEqual(["sub/sub.txt"]);
  });

  it("scans quickly in spite of ignore rules that are slow to match", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    write(shell, {
      ".gitignore": `${"a/**/".repeat(10)}b\n${"**/a*".repeat(10)}\n*.log`,
      [`${"a/".repeat(60)}a.txt`]: LOOKS_LIKE,
      "a.log": LOOKS_LIKE,
    });
    const startedAt = performance.now();
    expect(await pathsOf(shell)).toEqual([`${"a/".repeat(60)}a.txt`]);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it("reports how many files it could not read", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    write(shell, { "a.txt": "clean" });
    expect((await shell.keyward("scan")).err).not.toContain("could not be read");
    // Names that are not UTF-8 cannot be opened by the name that Node reports.
    writeFileSync(Buffer.concat([Buffer.from(`${shell.folder}/caf`), Buffer.from([0xe9])]), LOOKS_LIKE);
    expect((await shell.keyward("scan")).err).toContain("1 file or folder could not be read");
  });
});

describe("keyward scan of UTF-16", () => {
  const TEXT = `erste Zeile äöü\n日本 ${LOOKS_LIKE}語\n"${LOOKS_LIKE}"\n${LOOKS_LIKE}`;
  const PLACES = [
    [2, 4],
    [3, 2],
    [4, 1],
  ];
  const little = (text: string) => Buffer.from(text, "utf16le");
  const big = (text: string) => little(text).swap16();
  const encodings: [string, Buffer][] = [
    ["little-endian, with a byte order mark", little(`\uFEFF${TEXT}`)],
    ["little-endian, without one", little(TEXT)],
    ["big-endian, with a byte order mark", big(`\uFEFF${TEXT}`)],
    ["big-endian, without one", big(TEXT)],
  ];

  it.each(encodings)("finds each key at its place: %s", async (_encoding, bytes) => {
    const shell = openRepository();
    write(shell, { "a.txt": bytes });
    const placesOf = async (...flags: readonly string[]) => {
      const { out } = await shell.keyward("scan", "--json", ...flags);
      const { leaks } = JSON.parse(out) as { leaks: { line: number; column: number }[] };
      return leaks.map(({ line, column }) => [line, column]);
    };
    expect(await placesOf("a.txt")).toEqual(PLACES);
    shell.git("add", "-A");
    expect(await placesOf("--staged")).toEqual(PLACES);
    shell.git("commit", "-qm", "first");
    expect(await placesOf("--history")).toHaveLength(1);
  });

  it("counts columns without a UTF-8 byte order mark", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    write(shell, { "a.txt": `\uFEFF${LOOKS_LIKE}` });
    expect((await shell.keyward("scan")).out).toMatch(/^a\.txt:1:1 /);
  });

  it("finds a key inside a binary file, at any alignment, once", async () => {
    const shell = openShell({ KEYWARD_SECRET: "" });
    for (const before of [0, 1, 2, 3])
      for (const encode of [little, big])
        for (const after of [[], [0], [0, 0], [0xff, 0xfe]])
          write(shell, {
            [`${before} ${encode.name} ${after.join(" ")}`]: Buffer.concat([
              Buffer.alloc(before, 0xe9),
              encode(LOOKS_LIKE),
              Buffer.from(after),
            ]),
          });
    const { out } = await shell.keyward("scan", "--json");
    const { leaks } = JSON.parse(out) as { leaks: { masked: string }[] };
    expect(leaks).toHaveLength(32);
    for (const { masked } of leaks) expect(masked).toBe("prod_********-****-****-1a234b56");
  });

  it("finds a key across the pieces that a large blob arrives in, once", async () => {
    const shell = openRepository();
    const files: Record<string, Buffer> = {};
    for (const before of [
      65_536 - 100,
      65_536 - 90,
      65_536 - 61,
      65_536 - 30,
      65_536 - 1,
      65_536,
      131_072 - 46,
    ])
      for (const encode of [little, (text: string) => Buffer.from(text)])
        files[`${before} ${encode.name || "utf8"}`] = encode(
          `${" ".repeat(before / 2)}\n${LOOKS_LIKE}\n ${" ".repeat(90_000)}`,
        );
    write(shell, files);
    shell.git("add", "-A");
    const { out } = await shell.keyward("scan", "--staged", "--json");
    const { leaks } = JSON.parse(out) as { leaks: { path: string; line: number; column: number }[] };
    expect(leaks.map(({ path }) => path).toSorted()).toEqual(Object.keys(files).toSorted());
    for (const { line, column } of leaks) expect([line, column]).toEqual([2, 1]);
  });
});

describe("keyward scan and temporary files", () => {
  it("leaves none behind", async () => {
    const shell = openRepository({ "a.txt": LOOKS_LIKE });
    const temporary = join(shell.folder, "temporary");
    mkdirSync(temporary);
    for (const flags of [[], ["--staged"], ["--history"]])
      expect((await shell.spawnKeyward({ env: { TMPDIR: temporary } }, "scan", ...flags)).code).not.toBe(2);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
