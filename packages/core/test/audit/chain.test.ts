import { createKeyward, memoryStore, type AuditCheckpoint, type Store } from "@keyward/core";
import type { LinkedAuditEvent } from "@keyward/core/store";
import { describe, expect, it } from "vitest";
import { DAY_MS, NOON } from "../admission/set-up.ts";
import { OLDER_SECRET, OTHER_SECRET, SECRET } from "../secrets.ts";

type Link = LinkedAuditEvent["link"];

/** Changes what a store has, behind the back of Keyward. */
interface Tampering {
  chain?: (linked: readonly LinkedAuditEvent[]) => readonly LinkedAuditEvent[];
  checkpoints?: (checkpoints: readonly AuditCheckpoint[]) => readonly AuditCheckpoint[];
}

function setUp(secret: string | readonly string[] = SECRET, inner = memoryStore()) {
  const tampering: Tampering = {};
  const all = async () => {
    const linked = await inner.readAuditChain(0, 1_000_000);
    return tampering.chain?.(linked) ?? linked;
  };
  const store: Store = {
    ...inner,
    async readAuditChain(after, limit) {
      return (await all()).filter(({ link }) => link.sequence > after).slice(0, limit);
    },
    async readAuditCheckpoints() {
      const checkpoints = await inner.readAuditCheckpoints();
      return tampering.checkpoints?.(checkpoints) ?? checkpoints;
    },
  };
  let now = NOON;
  const kw = createKeyward({ secret, store, clock: () => now });
  return { kw, inner, tampering, advance: (ms: number) => void (now += ms) };
}

/** A log with six events. */
async function setUpLog() {
  const started = setUp();
  const { kw } = started;
  const { key } = await kw.keys.create(
    { name: "ci", ownerId: "acme", metadata: { team: 1 } },
    { actor: "ada" },
  );
  await kw.keys.update(key.id, { name: "build" }, { actor: "ada", address: "203.0.113.7" });
  await kw.owners.update("acme", { plan: "default" });
  const { key: next } = await kw.keys.rotate(key.id);
  await kw.keys.revoke(next.id);
  return started;
}

function edit(at: number, fields: object): NonNullable<Tampering["chain"]> {
  return (linked) =>
    linked.map(({ event, link }) =>
      link.sequence === at ? { event: { ...event, ...fields }, link } : { event, link },
    );
}

describe("verifying the audit log", () => {
  it("finds nothing in a log that only Keyward wrote, and returns its head", async () => {
    const { kw, inner } = await setUpLog();
    const { link } = (await inner.readAuditChain(5, 1))[0] as LinkedAuditEvent;
    expect(link.sequence).toBe(6);
    expect(await kw.audit.verify()).toEqual({ ok: true, events: 6, head: link, problems: [] });
    expect(await setUp().kw.audit.verify()).toEqual({ ok: true, events: 0, problems: [] });
  });

  it.each([
    ["id", { id: "act_other" }],
    ["at", { at: 7 }],
    ["action", { action: "key.revoked" }],
    ["keyId", { keyId: null }],
    ["ownerId", { ownerId: "globex" }],
    ["actor", { actor: "eve" }],
    ["level", { level: "owner" }],
    ["address", { address: "203.0.113.8" }],
    ["details", { details: { changes: { name: { before: "ci", after: "other" } } } }],
    ["mac", { mac: "A".repeat(43) }],
  ])("finds an event whose %s was edited", async (_field, fields) => {
    const { kw, tampering } = await setUpLog();
    tampering.chain = edit(2, fields);
    const { ok, problems } = await kw.audit.verify();
    expect(ok).toBe(false);
    expect(problems).toMatchObject([
      { kind: "edited", sequence: 2, message: expect.stringContaining("at 2") },
    ]);
  });

  it.each([
    [1, "The event at 1 was removed."],
    [3, "The event at 3 was removed."],
    [5, "The event at 5 was removed."],
  ])("finds that event %i was removed", async (removed, message) => {
    const { kw, tampering } = await setUpLog();
    tampering.chain = (linked) => linked.filter(({ link }) => link.sequence !== removed);
    expect(await kw.audit.verify()).toMatchObject({
      ok: false,
      problems: [{ kind: "removed", sequence: removed, message }],
    });
  });

  it("finds that events were removed and the others renumbered", async () => {
    const { kw, tampering } = await setUpLog();
    tampering.chain = (linked) =>
      linked
        .filter(({ link }) => link.sequence !== 3)
        .map(({ event, link }, index) => ({ event, link: { ...link, sequence: index + 1 } }));
    const { ok, problems } = await kw.audit.verify();
    expect(ok).toBe(false);
    expect(problems[0]).toMatchObject({ kind: "edited", sequence: 3 });
  });

  it("finds that two genuine events were exchanged", async () => {
    const { kw, tampering } = await setUpLog();
    tampering.chain = (linked) => {
      const events = linked.map(({ event }) => event);
      [events[1], events[2]] = [events[2] as never, events[1] as never];
      return linked.map(({ link }, index) => ({ event: events[index] as never, link }));
    };
    expect((await kw.audit.verify()).problems).toMatchObject([
      { kind: "edited", sequence: 2 },
      { kind: "edited", sequence: 3 },
    ]);
  });

  it("finds an event that was inserted with a place, and one without", async () => {
    const { kw, inner, tampering } = await setUpLog();
    const { event, link } = (await inner.readAuditChain(5, 1))[0] as LinkedAuditEvent;
    const forged = {
      event: { ...event, id: "act_forged", mac: "forged" },
      link: { sequence: 7, mac: "forged" },
    };
    tampering.chain = (linked) => [...linked, forged];
    expect((await kw.audit.verify()).problems).toMatchObject([{ sequence: 7, eventId: "act_forged" }]);
    delete tampering.chain;
    // Neither the next event nor a verification gives it a place.
    await inner.appendAudit({ ...event, id: "act_forged2", mac: "forged" });
    await kw.owners.update("acme", { name: "Acme" });
    expect(await kw.audit.verify()).toMatchObject({
      ok: false,
      events: 7,
      head: { sequence: 7 },
      problems: [{ kind: "inserted", eventId: "act_forged2" }],
    });
    expect(link.sequence).toBe(6);
  });

  it("accepts events under each of several secrets, and none under another", async () => {
    const inner = memoryStore();
    await setUp(OLDER_SECRET, inner).kw.keys.create({ name: "a" });
    const both = setUp([SECRET, OLDER_SECRET], inner).kw;
    await both.keys.create({ name: "b" });
    expect(await both.audit.verify()).toMatchObject({ ok: true, events: 2 });
    expect(await setUp(OTHER_SECRET, inner).kw.audit.verify()).toMatchObject({ ok: false });
  });

  it("is not confused by what callers do with their objects afterwards", async () => {
    const { kw } = setUp();
    const metadata = { team: 1 };
    await kw.keys.create({ name: "a", metadata });
    metadata.team = 2;
    expect(await kw.audit.verify()).toMatchObject({ ok: true });
  });

  it("lists at most 100 problems", async () => {
    const { kw, tampering } = setUp();
    for (let count = 0; count < 120; count += 1) await kw.owners.update("acme", { name: `${count}` });
    tampering.chain = (linked) =>
      linked.map(({ event, link }) => ({ event: { ...event, actor: "eve" }, link }));
    expect((await kw.audit.verify()).problems).toHaveLength(100);
  });

  it("is done for 100,000 events in less than 5 seconds", async () => {
    const kw = createKeyward({ secret: SECRET, store: memoryStore() });
    for (let count = 0; count < 100_000; count += 1) await kw.owners.update("acme", { name: `${count}` });
    const before = process.cpuUsage();
    expect(await kw.audit.verify()).toMatchObject({ ok: true, events: 100_000 });
    // Processor time, since other tests run at the same time.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(5000);
  }, 300_000);
});

describe("verifying since a head", () => {
  it("proves that nothing up to it was changed", async () => {
    const { kw } = await setUpLog();
    const { head } = await kw.audit.verify();
    await kw.owners.update("acme", { name: "Acme" });
    expect(await kw.audit.verify({ since: head })).toMatchObject({
      ok: true,
      events: 7,
      head: { sequence: 7 },
    });
  });

  it("finds that the newest events were removed, which the log alone cannot show", async () => {
    const { kw, tampering } = await setUpLog();
    const { head } = await kw.audit.verify();
    tampering.chain = (linked) => linked.slice(0, 4);
    expect(await kw.audit.verify()).toMatchObject({ ok: true });
    expect(await kw.audit.verify({ since: head })).toMatchObject({
      ok: false,
      problems: [{ kind: "removed", sequence: 5, message: "The events from 5 to 6 were removed." }],
    });
  });

  it("finds that the log was rewritten with the secret", async () => {
    const { head } = await (await setUpLog()).kw.audit.verify();
    const { kw } = await setUpLog();
    expect(await kw.audit.verify()).toMatchObject({ ok: true, events: 6 });
    expect(await kw.audit.verify({ since: head })).toMatchObject({
      ok: false,
      problems: [{ kind: "edited", sequence: 6, message: expect.stringContaining("was rewritten") }],
    });
  });

  it.each([7, "6:abc", { sequence: 0, mac: "a" }, { sequence: 1 }, null])("rejects %j", async (since) => {
    const { kw } = await setUpLog();
    await expect(kw.audit.verify({ since: since as unknown as Link })).rejects.toMatchObject({
      code: "invalid-input",
      field: "since",
    });
  });
});

describe("retention of audit events", () => {
  async function setUpYears() {
    const started = await setUpLog();
    started.advance(400 * DAY_MS);
    await started.kw.owners.update("acme", { name: "Acme" });
    await started.kw.owners.update("acme", { name: "Acme Ltd" });
    return started;
  }
  const before = new Date(NOON + 100 * DAY_MS);

  it("deletes events before a time, and leaves a log that can be verified", async () => {
    const { kw, inner } = await setUpYears();
    const place = (await inner.readAuditChain(5, 1))[0]?.link as Link;
    expect(await kw.audit.prune({ before }, { actor: "ada" })).toEqual({ deleted: 6, checkpoint: place });
    const { events } = await kw.audit.list();
    expect(events.map(({ action, actor, details }) => [action, actor, details])).toEqual([
      ["audit.pruned", "ada", { before: before.toISOString(), upTo: 6 }],
      ["owner.updated", "system", expect.anything()],
      ["owner.updated", "system", expect.anything()],
    ]);
    expect(await kw.audit.verify()).toMatchObject({
      ok: true,
      events: 3,
      head: { sequence: 9 },
      checkpoint: place,
    });
    expect(await kw.audit.verify({ since: place })).toMatchObject({ ok: true });
    expect(await kw.audit.prune({ before })).toEqual({ deleted: 0, checkpoint: place });
    expect((await kw.audit.list()).events).toHaveLength(3);
  });

  it("deletes nothing where no event is that old", async () => {
    const { kw } = await setUpYears();
    expect(await kw.audit.prune({ before: new Date(NOON) })).toEqual({ deleted: 0 });
    expect(await kw.audit.verify()).toMatchObject({ ok: true, events: 8 });
    expect(await setUp().kw.audit.prune({ before })).toEqual({ deleted: 0 });
  });

  it("deletes nothing if an event was edited or removed", async () => {
    const { kw, tampering } = await setUpYears();
    for (const chain of [
      edit(4, { actor: "eve" }),
      (linked: readonly LinkedAuditEvent[]) => linked.filter(({ link }) => link.sequence !== 2),
    ]) {
      tampering.chain = chain;
      await expect(kw.audit.prune({ before })).rejects.toMatchObject({
        code: "audit-damaged",
        message: expect.stringMatching(/Nothing was deleted\.$/),
      });
    }
    delete tampering.chain;
    expect(await kw.audit.verify()).toMatchObject({ ok: true, events: 8 });
  });

  it("does not hide what is removed with a forged checkpoint", async () => {
    const { kw, inner, tampering } = await setUpYears();
    const { link } = (await inner.readAuditChain(5, 1))[0] as LinkedAuditEvent;
    tampering.checkpoints = () => [{ ...link, at: NOON, signature: "A".repeat(43) }];
    tampering.chain = (linked) => linked.slice(6);
    expect((await kw.audit.verify()).problems).toMatchObject([
      { kind: "inserted", sequence: 6, message: "The checkpoint at 6 was not made under this secret." },
      { kind: "removed", sequence: 1, message: "The events from 1 to 6 were removed." },
    ]);
  });

  it("finds what was changed after a checkpoint", async () => {
    const { kw, tampering } = await setUpYears();
    await kw.audit.prune({ before });
    tampering.chain = (linked) => linked.slice(1);
    expect((await kw.audit.verify()).problems).toMatchObject([{ kind: "removed", sequence: 7 }]);
  });

  it("rejects heads from before the checkpoint, and invalid times", async () => {
    const { kw } = await setUpYears();
    await kw.audit.prune({ before });
    await expect(kw.audit.verify({ since: { sequence: 5, mac: "a" } })).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringContaining("since must be a head from 6 on"),
    });
    for (const wrong of [undefined, {}, { before: "2025-01-01" }, { before: new Date(Number.NaN) }]) {
      await expect(kw.audit.prune(wrong as never)).rejects.toMatchObject({ code: "invalid-input" });
    }
  });
});

describe("the export of the audit log", () => {
  async function readLines(lines: AsyncIterable<string>): Promise<unknown[]> {
    const read: unknown[] = [];
    for await (const line of lines) {
      expect(line.endsWith("\n")).toBe(true);
      read.push(JSON.parse(line));
    }
    return read;
  }

  it("has a line for each event, the oldest first, with its place in the chain", async () => {
    const { kw } = await setUpLog();
    const lines = await readLines(kw.audit.export());
    const { events } = await kw.audit.list();
    expect(lines).toEqual(
      events.toReversed().map((event, index) => ({
        ...event,
        at: event.at.toISOString(),
        sequence: index + 1,
        mac: expect.stringMatching(/^[\w-]{43}$/),
        eventMac: expect.stringMatching(/^[\w-]{43}$/),
      })),
    );
    expect(lines.at(-1)).toMatchObject((await kw.audit.verify()).head as object);
    expect(await readLines(kw.audit.export({ after: 4 }))).toEqual(lines.slice(4));
    expect(await readLines(kw.audit.export({ after: 6 }))).toEqual([]);
  });

  it("rejects options that it does not have", async () => {
    const { kw } = setUp();
    for (const wrong of [{ after: -1 }, { after: "3" }, { since: 3 }]) {
      await expect(readLines(kw.audit.export(wrong as never))).rejects.toMatchObject({
        code: "invalid-input",
      });
    }
  });
});
