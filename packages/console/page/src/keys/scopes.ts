/** Scopes as people type them: apart by spaces or commas. */
export function scopesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((scope) => scope !== "");
}
