/** Where a code of an error or a warning is explained, seen from the application's folder. */
export function helpOf(code: string): string {
  return `node_modules/@keyward/core/errors/${code}.md`;
}
