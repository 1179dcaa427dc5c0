import { createContext, Script, type Context } from "node:vm";
import regjsparser from "regjsparser";
import { MAX_PRESENTED_LENGTH } from "./format.ts";

/** A text of the longest accepted length is decided within microseconds. Beyond this, a client could block the process. */
const SLOW_MS = 10;
/** A regular expression is stopped after this time, so that the probe takes bounded time itself. */
const STOP_AFTER_MS = 100;
/** The longest of these times on a machine so busy that the process hardly gets a processor. */
const MAX_STOP_AFTER_MS = 3200;
/** A machine that is busy is slow now and then, a pattern always. */
const ATTEMPTS = 3;

/**
 * True if a pattern takes long for some text, because it tries many ways to match it. It is tried on texts made from the
 * pattern: each repetition in it, repeated to the longest accepted length, with an end that does not match.
 *
 * A pattern that cannot be parsed is not trusted.
 */
export function backtracks(pattern: RegExp): boolean {
  let texts: readonly string[];
  try {
    texts = probesOf(pattern);
  } catch {
    return true;
  }
  const context = createContext({ pattern, texts });
  // All together first: most patterns are done with that.
  if (!isSlow(context)) return false;
  return texts.some((text) => {
    context["texts"] = [text];
    return isSlow(context);
  });
}

const script = new Script("for (const text of texts) pattern.test(text)");

function isSlow(context: Context): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    let stopAfterMs = STOP_AFTER_MS;
    let run = runFor(context, stopAfterMs);
    // A run that was stopped before it had a processor for long says nothing about the pattern.
    while (run.wasStopped && run.tookMs < SLOW_MS && stopAfterMs < MAX_STOP_AFTER_MS) {
      stopAfterMs *= 2;
      run = runFor(context, stopAfterMs);
    }
    if (!run.wasStopped && run.tookMs < SLOW_MS) return false;
  }
  return true;
}

function runFor(
  context: Context,
  stopAfterMs: number,
): { readonly wasStopped: boolean; readonly tookMs: number } {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let wasStopped = false;
  try {
    script.runInContext(context, { timeout: stopAfterMs });
  } catch {
    wasStopped = true;
  }
  // Time in which the process had no processor is not the pattern's.
  const { user, system } = process.cpuUsage(cpu);
  return { wasStopped, tookMs: Math.min(performance.now() - startedAt, (user + system) / 1000) };
}

/** The parts of a parsed pattern that probes are made from. */
interface Node {
  readonly type: string;
  readonly raw: string;
  readonly body?: readonly Node[];
  readonly behavior?: string;
  /** Of a quantifier, a number; of a range of characters, a node. */
  readonly min?: number | Node;
  readonly max?: number | Node;
  readonly codePoint?: number;
}

const FEATURES = {
  lookbehind: true,
  namedGroups: true,
  unicodePropertyEscape: true,
  unicodeSet: true,
  modifiers: true,
};

/** The visible characters that a header can have: ASCII, and the rest of Latin-1. */
const PRINTABLE = Array.from({ length: 224 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (character) => !/\p{Cc}/u.test(character),
);
/** Variants of what a repetition repeats: alternatives, and members of a class. */
const VARIANTS = 8;

function probesOf(pattern: RegExp): readonly string[] {
  const root = regjsparser.parse(pattern.source, pattern.flags.replace(/[^iuvs]/g, ""), FEATURES) as Node;
  const probes = new Set<string>();
  /** Characters that are repeated: literals of the pattern, and some that classes often have. */
  const literals = new Set(["a", "0", "A", "_", "-", " "]);
  /** Characters that parts of the pattern are tried with: visible ones, and those that the pattern names. */
  const characters = [...new Set([...PRINTABLE, ...namedIn(root)])];
  /** Text after the repetitions: characters that parts of the pattern do not match, so that every way to match is tried. */
  const ends = new Set(["", "\u0000", "\n"]);

  function membersOf({ raw }: Node): {
    readonly inside: readonly string[];
    readonly outside: readonly string[];
  } {
    const one = new RegExp(`^${raw}$`, pattern.flags);
    const inside = characters.filter((character) => one.test(character));
    return { inside, outside: characters.filter((character) => !inside.includes(character)) };
  }

  /** One of the characters that a node of a single character matches. */
  function characterOf(node: Node, variant: number): string {
    const { inside } = membersOf(node);
    return inside[variant % inside.length] ?? "";
  }

  function collectCharacters(node: Node): void {
    if (isCharacter(node)) ends.add(membersOf(node).outside[0] ?? "");
    if (node.type === "value") literals.add(characterOf(node, 0));
    for (const each of isCharacter(node) ? [] : (node.body ?? [])) collectCharacters(each);
  }

  /** A short text that the node matches. */
  function textOf(node: Node, variant: number): string {
    const body = node.body ?? [];
    switch (node.type) {
      case "alternative":
        return body.map((each) => textOf(each, variant)).join("");
      case "group":
        return /look/i.test(node.behavior ?? "") ? "" : body.map((each) => textOf(each, variant)).join("");
      case "disjunction":
        return textOf(body[variant % body.length] as Node, variant);
      case "quantifier":
        return textOf(body[0] as Node, variant).repeat(Math.min(Number(node.min ?? 0), MAX_PRESENTED_LENGTH));
      case "anchor":
      case "reference":
        return "";
      default:
        return characterOf(node, variant);
    }
  }

  function repeat(prefix: string, unit: string): void {
    const space = MAX_PRESENTED_LENGTH - prefix.length - 1;
    if (unit === "" || space <= 0) return;
    const text = prefix + unit.repeat(Math.floor(space / unit.length));
    for (const end of ends) probes.add(text + end);
  }

  /** Adds the probes of all repetitions in a node, which follows `prefix`. */
  function collect(node: Node, prefix: string): void {
    const body = node.body ?? [];
    if (node.type === "quantifier" && Number(node.max ?? 2) > 1) {
      for (let variant = 0; variant < VARIANTS; variant += 1)
        repeat(prefix, textOf(body[0] as Node, variant));
      for (const character of literals) repeat(prefix, character);
    }
    let before = prefix;
    for (const each of isCharacter(node) ? [] : body) {
      collect(each, before);
      if (node.type !== "disjunction") before += textOf(each, 0);
    }
  }

  collectCharacters(root);
  collect(root, "");
  return [...probes];
}

/** The characters that a pattern names, by themselves or as an end of a range. */
function namedIn(node: Node): readonly string[] {
  const ends = [node.min, node.max].filter((end) => typeof end === "object");
  const named = node.codePoint === undefined ? [] : [String.fromCodePoint(node.codePoint)];
  return [...named, ...[...ends, ...(node.body ?? [])].flatMap(namedIn)];
}

/** True if the node matches a single character. */
function isCharacter({ type }: Node): boolean {
  return /^(?:characterClass|value|dot|unicodePropertyEscape)/.test(type);
}
