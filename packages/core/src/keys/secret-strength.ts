/** The fewest different characters that a secret has. A random one of 32 bytes has far more. */
const MIN_DISTINCT = 10;

/** Secrets that stand in the documentation, so that everybody knows them. */
const EXAMPLES: ReadonlySet<string> = new Set([
  "change-me-change-me-change-me-change-me",
  "0123456789abcdef0123456789abcdef",
]);

/** Why a secret is too easy to guess, to follow "secret must …"; `undefined` if it is not. */
export function weaknessOf(secret: string): string | undefined {
  if (secret.trim() !== secret) return "not begin or end with white space, such as a line break";
  if (EXAMPLES.has(secret)) return "not be an example from the documentation";
  if (new Set(secret).size < MIN_DISTINCT) return `have at least ${MIN_DISTINCT} different characters`;
  if (isRepeated(secret)) return "not repeat one part";
  return undefined;
}

/** Whether a text is a shorter one, several times. */
function isRepeated(text: string): boolean {
  return `${text}${text}`.indexOf(text, 1) < text.length;
}
