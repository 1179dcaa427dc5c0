/** The fewest different characters that a secret has. A random one of 32 bytes has far more. */
const MIN_DISTINCT = 10;

/** Secrets from the documentation, which are public. */
const EXAMPLES: ReadonlySet<string> = new Set([
  "change-me-change-me-change-me-change-me",
  "0123456789abcdef0123456789abcdef",
]);

const MIN_BYTES = 32;

/** The reason for rejecting a secret, to follow "secret must …"; `undefined` if it is accepted. Never contains the secret. */
export function secretWeakness(secret: string): string | undefined {
  const bytes = Buffer.byteLength(secret);
  if (bytes < MIN_BYTES) return `be at least ${MIN_BYTES} bytes; got ${bytes}`;
  // With white space it would be another secret, under which no key is valid.
  if (secret.trim() !== secret) return "not begin or end with white space, such as a line break";
  if (EXAMPLES.has(secret)) return "not be an example from the documentation";
  if (new Set(secret).size < MIN_DISTINCT) return `have at least ${MIN_DISTINCT} different characters`;
  if (isRepeated(secret)) return "not repeat one part";
  return undefined;
}

/** True if a text is a shorter one, several times. */
function isRepeated(text: string): boolean {
  return `${text}${text}`.indexOf(text, 1) < text.length;
}
