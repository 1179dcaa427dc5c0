import { InvalidArgumentError, type Command } from "commander";
import {
  KeywardError,
  type ApiKey,
  type CreatedKey,
  type CreateKeyInput,
  type Keyward,
  type KeywardOptions,
  type Limits,
} from "@keyward/core";
import { actorOf, agreeOn, describeKey } from "../act.ts";
import { withKeyward } from "../settings.ts";
import { list, table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { formatAgo, formatTime, parseDuration, parseExpiry } from "../times.ts";

interface Json {
  readonly json?: boolean;
}

interface CreateFlags extends Json {
  readonly name: string;
  readonly env: string;
  readonly owner?: string;
  readonly scope?: readonly string[];
  readonly plan?: string;
  readonly expires?: Date;
}

const count = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Wants a whole number from 1.");
  return Number(text);
};
const collect = (text: string, before: readonly string[] | undefined) => [...(before ?? []), text];

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("create, show, change and end API keys");

  keys
    .command("create")
    .description("create a key and print it, once")
    .requiredOption("--name <name>", "what it is for")
    .option("--env <environment>", "one that the server accepts", "prod")
    .option("--owner <id>", "whose key it is")
    .option("--scope <scope>", "what it may do; several times for several", collect)
    .option("--plan <plan>", "the plan of the server whose limits it has")
    .option("--expires <when>", "90d, or 2027-01-31; never if left out", parseExpiry)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      '\nExamples:\n  keyward keys create --name billing\n  keyward keys create --name reports --scope reports:write --plan pro --expires 90d\n  KEY="$(keyward keys create --name ci)"',
    )
    .action((flags: CreateFlags) => create(terminal, flags));

  keys
    .command("list")
    .description("list keys, newest first")
    .option("--owner <id>", "those of one owner")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys list --owner acme")
    .action((flags: Json & { owner?: string }) => listKeys(terminal, flags));

  keys
    .command("show <id>")
    .description("show a key: everything but the key")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys show key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((id: string, flags: Json) =>
      withKeyward(terminal, async (kw) => show(terminal, await existing(kw, id), flags)),
    );

  keys
    .command("revoke <id>")
    .description("revoke a key, for ever")
    .option("--yes", "without a question")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys revoke key_0VJx9a2Lq7Rm4Tn1Zc8d --yes")
    .action((id: string, flags: Json & { yes?: boolean }) => revoke(terminal, id, flags));

  keys
    .command("regenerate <id>")
    .description("revoke a key and print one that takes its place, once")
    .option("--yes", "without a question")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys regenerate key_0VJx9a2Lq7Rm4Tn1Zc8d")
    .action((id: string, flags: Json & { yes?: boolean }) =>
      withKeyward(terminal, async (kw) => {
        const key = await existing(kw, id);
        await agreeOn(terminal, `Revoke ${describeKey(key)} at once and make its successor?`, flags);
        showOnce(terminal, await kw.keys.regenerate(id, actorOf(terminal)), flags);
      }),
    );

  keys
    .command("rotate <id>")
    .description("print a key that takes another's place, once; the old one lives on for a while")
    .option("--overlap <duration>", "for how long", parseDuration, parseDuration("24h"))
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  keyward keys rotate key_0VJx9a2Lq7Rm4Tn1Zc8d --overlap 7d")
    .action((id: string, flags: Json & { overlap: number }) =>
      withKeyward(terminal, async (kw) => {
        const created = await kw.keys.rotate(id, { overlapMs: flags.overlap }, actorOf(terminal));
        const old = await kw.keys.get(id);
        terminal.say(`The old key ends at ${formatTime(old?.expiresAt)} UTC.`);
        showOnce(terminal, created, flags);
      }),
    );

  keys
    .command("limits <id>")
    .description("give a key limits of its own, or take them away")
    .option("--rate <n>", "requests a second, sustained", count)
    .option("--burst <n>", "requests in any one second", count)
    .option("--daily <n>", "requests a UTC day", count)
    .option("--reset", "back to those of its plan")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --rate 400 --burst 1000 --daily 10000\n  keyward keys limits key_0VJx9a2Lq7Rm4Tn1Zc8d --reset",
    )
    .action((id: string, flags: Json & Partial<Limits> & { reset?: boolean }) => limits(terminal, id, flags));
}

async function create(terminal: Terminal, flags: CreateFlags): Promise<void> {
  const { name, env, owner, scope, plan, expires } = flags;
  const input: CreateKeyInput = {
    name,
    environment: env,
    ...(owner !== undefined && { ownerId: owner }),
    ...(scope !== undefined && { scopes: scope }),
    ...(plan !== undefined && { plan }),
    ...(expires !== undefined && { expiresAt: expires }),
  };
  // Which environments and plans there are, the server knows.
  const server: KeywardOptions & { readonly makesDatabase: true } = {
    makesDatabase: true,
    environments: [env],
    ...(plan !== undefined && { plans: { [plan]: { rate: 1, burst: 1, daily: 1 } } }),
  };
  await withKeyward(
    terminal,
    async (kw) => showOnce(terminal, await kw.keys.create(input, actorOf(terminal)), flags),
    server,
  );
}

async function listKeys(terminal: Terminal, { owner, json }: Json & { owner?: string }): Promise<void> {
  const keys = await withKeyward(terminal, (kw) => all(kw, owner));
  if (json === true) return terminal.out(JSON.stringify({ keys }, null, 2));
  if (keys.length === 0) return terminal.say("There are no keys.");
  const { paint } = terminal;
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.masked,
    paintStatus(paint, key),
    key.plan,
    formatAgo(key.lastUsedAt),
    formatTime(key.expiresAt),
  ]);
  const headings = ["ID", "NAME", "KEY", "STATUS", "PLAN", "LAST USED", "EXPIRES"];
  terminal.out(
    table(
      headings.map((heading) => paint("dim", heading)),
      rows,
    ),
  );
}

async function all(kw: Keyward, ownerId: string | undefined): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await kw.keys.list({
      limit: 1000,
      ...(ownerId !== undefined && { ownerId }),
      ...(cursor !== undefined && { cursor }),
    });
    keys.push(...page.keys);
    cursor = page.nextCursor;
    if (cursor === undefined) return keys;
  }
}

async function revoke(terminal: Terminal, id: string, flags: Json & { yes?: boolean }): Promise<void> {
  await withKeyward(terminal, async (kw) => {
    const key = await existing(kw, id);
    if (key.status !== "revoked") {
      await agreeOn(terminal, `Revoke ${describeKey(key)}? This cannot be undone.`, flags);
    }
    const revoked = await kw.keys.revoke(id, actorOf(terminal));
    if (flags.json === true) terminal.out(JSON.stringify(revoked, null, 2));
    const already = key.status === "revoked" ? "was revoked already" : "is revoked";
    terminal.say(`${describeKey(revoked)} ${already}.`);
  });
}

async function limits(
  terminal: Terminal,
  id: string,
  { rate, burst, daily, reset, json }: Json & Partial<Limits> & { reset?: boolean },
): Promise<void> {
  const given = { ...(rate && { rate }), ...(burst && { burst }), ...(daily && { daily }) };
  if ((reset === true) === Object.keys(given).length > 0) {
    throw new KeywardError("invalid-input", "limits: wants --rate, --burst and --daily, or --reset.");
  }
  await withKeyward(terminal, async (kw) => {
    const own = (await existing(kw, id)).limits;
    if (reset !== true && own === undefined && Object.keys(given).length < 3) {
      throw new KeywardError(
        "invalid-input",
        `limits: ${id} has none of its own yet, so all three are wanted: --rate, --burst and --daily.`,
      );
    }
    const next = reset === true ? null : ({ ...own, ...given } as Limits);
    show(terminal, await kw.keys.update(id, { limits: next }, actorOf(terminal)), { json: json === true });
  });
}

async function existing(kw: Keyward, id: string): Promise<ApiKey> {
  const key = await kw.keys.get(id);
  if (key === undefined) throw new KeywardError("key-not-found", `There is no key with the id "${id}".`);
  return key;
}

/** The only place where a key is printed. */
function showOnce(terminal: Terminal, { key, secret }: CreatedKey, { json }: Json): void {
  if (json === true) return terminal.out(JSON.stringify({ key, secret: secret.reveal() }, null, 2));
  terminal.say(`Made ${describeKey(key)}, id ${key.id}. This is the only time it is shown:`);
  terminal.out(secret.reveal());
}

function show(terminal: Terminal, key: ApiKey, { json }: Json): void {
  if (json === true) return terminal.out(JSON.stringify(key, null, 2));
  const { limits: own } = key;
  terminal.out(
    list([
      ["id", key.id],
      ["name", key.name],
      ["key", key.masked],
      ["status", paintStatus(terminal.paint, key)],
      ["owner", key.ownerId],
      ["scopes", key.scopes.join(" ") || undefined],
      ["plan", key.plan],
      ["limits", own && `${own.rate} a second, ${own.burst} in one second, ${own.daily} a day`],
      ["created", formatTime(key.createdAt)],
      ["expires", key.expiresAt && formatTime(key.expiresAt)],
      ["revoked", key.revokedAt && formatTime(key.revokedAt)],
      ["replaced by", key.rotatedTo],
      ["last used", lastUse(key)],
      ["metadata", Object.keys(key.metadata).length === 0 ? undefined : JSON.stringify(key.metadata)],
    ]),
  );
}

function lastUse({ lastUsedAt, lastUsedAddress }: ApiKey): string {
  if (lastUsedAt === undefined) return "never";
  return `${formatTime(lastUsedAt)} (${formatAgo(lastUsedAt)}) from ${lastUsedAddress ?? "an unknown address"}`;
}

function paintStatus(paint: Terminal["paint"], { status, rotatedTo }: ApiKey): string {
  if (status === "active") return paint("green", rotatedTo === undefined ? "active" : "active, replaced");
  return paint(status === "revoked" ? "red" : "yellow", status);
}
