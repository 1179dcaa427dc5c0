import { createKeyFinder } from "@keyward/core";

/** Control characters, bidirectional controls, zero-width characters, line separators and lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT_FORMS: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const findKeys = createKeyFinder();

/**
 * Makes text safe to print on one line: characters that could control the terminal, forge a line or hide become visible, and whole API keys are masked. Every text that the command line prints passes through here, except the key that was just
 * created.
 */
export function toPrintable(text: string): string {
  return maskKeys(text).replace(INVISIBLE, (character) => {
    const short = SHORT_FORMS[character];
    return short ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

function maskKeys(text: string): string {
  let masked = "";
  let end = 0;
  for (const found of findKeys(text)) {
    masked += text.slice(end, found.start) + found.secret.masked;
    end = found.end;
  }
  return masked + text.slice(end);
}

/** Formats a value as JSON whose strings contain no invisible characters: all are escaped, so nothing is lost. */
export function toPrintableJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(INVISIBLE, (character) => {
    if (character === "\n") return character;
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}
