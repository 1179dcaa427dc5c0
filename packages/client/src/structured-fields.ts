/** Lists and Dictionaries of Structured Field Values for HTTP (RFC 9651), without Inner Lists. */

/** An Integer, a String, a Byte Sequence as `{ base64 }`, or `null` for a value of another type. */
export type BareItem = number | string | { readonly base64: string } | null;

export interface Item {
  readonly value: BareItem;
  readonly parameters: ReadonlyMap<string, BareItem>;
}

const KEY = "[a-z*][a-z0-9_.*-]*";
/** A String, a Byte Sequence, a number, a Boolean, a Date, a Display String, or a Token. */
const BARE_ITEM =
  '(?:"(?:[ !#-[\\]-~]|\\\\["\\\\])*"|:[A-Za-z0-9+/]*={0,2}:|-?(?:\\d{1,12}\\.\\d{1,3}|\\d{1,15})(?![\\d.])|' +
  '\\?[01]|@-?\\d{1,15}|%"[ !#-~]*"|[A-Za-z*][!#$%&\'*+.^_`|~\\w:/-]*)';
const PARAMETERS = `(?:; *${KEY}(?:=${BARE_ITEM})?)*`;
const PARAMETER = new RegExp(`; *(${KEY})(?:=(${BARE_ITEM}))?`, "g");

/** Parses a List. Returns `undefined` if any part of it is invalid, as the standard asks for. */
export const parseList = createParser(`()(${BARE_ITEM})(${PARAMETERS})`);

/** Parses a Dictionary, whose items have keys. Returns `undefined` if any part of it is invalid. */
export const parseDictionary = createParser(`(${KEY})(?:=(${BARE_ITEM}))?(${PARAMETERS})`);

function createParser(member: string): (text: string) => (Item & { readonly key: string })[] | undefined {
  const whole = new RegExp(`^(?:${member}(?:[ \\t]*,[ \\t]*${member})*)?$`);
  const each = new RegExp(member, "g");
  return (text) =>
    whole.test(text)
      ? Array.from(text.matchAll(each), ([, key = "", value, parameters = ""]) => ({
          key,
          value: toBareItem(value),
          parameters: new Map(
            Array.from(parameters.matchAll(PARAMETER), ([, name = "", item]) => [name, toBareItem(item)]),
          ),
        }))
      : undefined;
}

function toBareItem(text = ""): BareItem {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(.)/g, "$1");
  if (text.startsWith(":")) return { base64: text.slice(1, -1) };
  return /^-?\d+$/.test(text) ? Number(text) : null;
}
