import { join } from "node:path";
import type { AuditHead } from "@keyward/core";
import { openStore } from "@keyward/sql";
import { describe, expect, it } from "vitest";
import { openShell, type Shell } from "./keyward.ts";

/** A deployment with three audit events. */
async function openWithEvents(): Promise<Shell> {
  const shell = openShell();
  await shell.keyward("keys", "create", "--name", "billing", "--owner", "acme");
  await shell.keyward("owners", "update", "acme", "--name", "Acme Ltd");
  await shell.keyward("owners", "update", "acme", "--plan", "pro");
  return shell;
}

/** Inserts an event as an attacker with write access to the database would. */
async function insertForged(shell: Shell): Promise<void> {
  const store = await openStore(`sqlite:${join(shell.folder, "keyward.db")}`);
  const [event] = await store.listAudit({}, { limit: 1 });
  if (event === undefined) throw new Error("There is no event.");
  await store.appendAudit({ ...event, id: "act_forged", actor: "eve" });
  await store.close();
}

describe("keyward audit verify", () => {
  it("prints the head, and proves with it that nothing was changed since", async () => {
    const shell = await openWithEvents();
    const verified = await shell.keyward("audit", "verify");
    expect(verified).toMatchObject({ code: 0, err: "3 events verified: none was changed.\n" });
    expect(verified.out).toMatch(/^3:[\w-]{43}\n$/);
    const head = verified.out.trim();
    await shell.keyward("owners", "pause", "acme");
    expect(await shell.keyward("audit", "verify", "--since", head)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^4:[\w-]{43}\n$/),
    });
    const json = await shell.keyward("audit", "verify", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ ok: true, events: 4, head: { sequence: 4 }, problems: [] });
  });

  it("exits with 1 and names the event if one was inserted, or if the log ends before the head", async () => {
    const shell = await openWithEvents();
    const later = `9:${"A".repeat(43)}`;
    expect(await shell.keyward("audit", "verify", "--since", later)).toMatchObject({
      code: 1,
      err: expect.stringContaining("removed  The events from 4 to 9 were removed."),
    });
    await insertForged(shell);
    const found = await shell.keyward("audit", "verify");
    expect(found).toMatchObject({ code: 1, err: expect.stringContaining("inserted Event act_forged") });
    expect(found.err).toContain("some were changed");
    const json = await shell.keyward("audit", "verify", "--json");
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { ok: false }]);
  });

  it.each(["7", "x:y", `0:${"A".repeat(43)}`, "3:short"])("rejects the head %s", async (head) => {
    const shell = openShell();
    expect(await shell.keyward("audit", "verify", "--since", head)).toMatchObject({
      code: 2,
      err: expect.stringContaining("It must be a head as this command prints it"),
    });
  });
});

describe("keyward audit export", () => {
  it("prints a line of JSON for each event, the oldest first", async () => {
    const shell = await openWithEvents();
    const { code, out } = await shell.keyward("audit", "export");
    expect(code).toBe(0);
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as AuditHead & { readonly details: object });
    expect(events).toMatchObject([
      { sequence: 1, action: "key.created", ownerId: "acme", actor: "a test" },
      { sequence: 2, details: { changes: { name: { before: null, after: "Acme Ltd" } } } },
      { sequence: 3, action: "owner.updated" },
    ]);
    const { sequence, mac } = events[2] as AuditHead;
    expect((await shell.keyward("audit", "verify")).out).toBe(`${sequence}:${mac}\n`);
    expect((await shell.keyward("audit", "export", "--after", "2")).out).toBe(`${out.split("\n")[2]}\n`);
  });
});

describe("keyward audit prune", () => {
  it("deletes old events after a confirmation, and leaves a log that can be verified", async () => {
    const shell = await openWithEvents();
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const prune = ["audit", "prune", "--before", tomorrow];
    expect(await shell.keywardWith({ input: "n\n" }, ...prune)).toMatchObject({
      code: 1,
      err: expect.stringContaining("Nothing was changed."),
    });
    expect(await shell.keyward(...prune, "--yes")).toMatchObject({
      code: 0,
      err: "3 audit events are deleted.\n",
    });
    expect((await shell.keyward("audit")).out).toMatch(/audit\.pruned +a test .*upTo: 3/);
    expect(await shell.keyward("audit", "verify")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^4:/),
      err: "1 events verified: none was changed. Events up to 3 were deleted by retention.\n",
    });
    expect((await shell.keyward("audit", "prune", "--before", "30d", "--yes")).err).toContain(
      "0 audit events",
    );
  });

  it("deletes nothing from a log that was changed", async () => {
    const shell = await openWithEvents();
    await insertForged(shell);
    const pruned = await shell.keyward("audit", "prune", "--before", "2099-01-01", "--yes");
    expect(pruned).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was deleted.") });
  });
});
