import { randomFillSync } from "node:crypto";

/** Digits, upper case, lower case: the order of ASCII, so that text sorts as the numbers do. */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The largest multiple of 62 in a byte: bytes from here on are drawn again, or 0 to 7 would come more often. */
const UNBIASED_BELOW = 248;

/** `length` characters from the operating system's CSPRNG, each of the 62 equally likely. */
export function randomBase62(length: number): string {
  const bytes = Buffer.alloc(length * 2);
  let text = "";
  while (text.length < length) {
    randomFillSync(bytes);
    for (const byte of bytes) {
      if (byte < UNBIASED_BELOW && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  bytes.fill(0);
  return text;
}

/**
 * One character for every four bytes of a digest: 32 bytes give 8 characters. A 32-bit number
 * modulo 62 favours no character by more than one part in sixty million.
 */
export function base62FromDigest(digest: Buffer): string {
  let text = "";
  for (let offset = 0; offset < digest.length; offset += 4)
    text += ALPHABET[digest.readUInt32BE(offset) % 62];
  return text;
}

/** A whole number as exactly `length` characters, most significant first. */
export function base62FromNumber(value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / 62))
    text = ALPHABET[rest % 62] + text;
  return text;
}
