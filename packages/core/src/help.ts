/** The section of a page of this package that explains a code. GitHub and documentation sites write anchors in lower case. */
export function helpOf(code: string): string {
  return `@keyward/core/ERRORS.md#${code.toLowerCase()}`;
}
