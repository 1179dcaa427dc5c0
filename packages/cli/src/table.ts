import stringWidth from "string-width";

/** Rows below headings, in columns as wide as what is in them. The last column is not filled up. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows];
  const widths = headings.map((_heading, column) =>
    Math.max(...lines.map((cells) => stringWidth(cells[column] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - stringWidth(cell)))
      .join("  ")
      .trimEnd();
  return lines.map(line).join("\n");
}

/** Names and values below each other. Values that are `undefined` are left out. */
export function list(entries: readonly (readonly [string, string | undefined])[]): string {
  const shown = entries.filter(([, value]) => value !== undefined) as [string, string][];
  const width = Math.max(...shown.map(([name]) => stringWidth(name)));
  return shown.map(([name, value]) => `${name}${" ".repeat(width - stringWidth(name))}  ${value}`).join("\n");
}
