/** Shorter words are names, and the ends of keys. */
const MIN_SECRET_LENGTH = 16;

const KEY = /[a-z][a-z0-9_]*_[0-9A-Za-z]{8}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{8}/;

/**
 * True if a text contains what may be a whole key, issued here or elsewhere: any long word. It must not get into an address, where
 * histories and logs keep it. Masked keys have asterisks.
 */
export function mayBeKey(text: string): boolean {
  return text.split(/\s+/).some((word) => word.length >= MIN_SECRET_LENGTH && !word.includes("*"));
}

/** The key in a text such as `API_KEY="prod_…"`; the text itself if its form is another. */
export function wholeKeyIn(text: string): string {
  return KEY.exec(text)?.[0] ?? text;
}
