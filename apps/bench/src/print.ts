/** Prints measurements next to their targets. Returns true if it is. */
export function target(
  what: string,
  measured: number,
  bound: { atMost: number } | { atLeast: number },
  unit: string,
): boolean {
  const [word, limit, met] =
    "atMost" in bound
      ? ["at most", bound.atMost, measured <= bound.atMost]
      : ["at least", bound.atLeast, measured >= bound.atLeast];
  const text = measured >= 100 ? measured.toFixed(0) : measured.toFixed(2);
  console.log(`  ${met ? "met   " : "MISSED"}  ${what}: ${text}${unit} (${word} ${limit}${unit})`);
  return met;
}

export function heading(text: string): void {
  console.log(`\n${text}`);
}

export function line(text: string): void {
  console.log(`          ${text}`);
}
