import { createHash } from "node:crypto";

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const MAX_REPEATED_LENGTH = 64;

/** Up to two characters, and one character repeated: typical of keys imported in experiments. */
function* guessableKeys(): Generator<string> {
  yield "";
  for (const first of PRINTABLE) {
    for (const second of PRINTABLE) yield first + second;
    for (let length = 1; length <= MAX_REPEATED_LENGTH; length += 1) yield first.repeat(length);
  }
}

let digests: ReadonlySet<string> | undefined;

/** True if a SHA-256 in hexadecimal is that of an easily guessed key. Its length cannot be seen from the digest. */
export function isDigestOfGuessableKey(sha256: string): boolean {
  digests ??= new Set([...guessableKeys()].map((key) => createHash("sha256").update(key).digest("hex")));
  return digests.has(sha256);
}
