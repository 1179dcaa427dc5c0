import stringWidth from "string-width";
import { plainText, styled, type Line, type LinePart } from "./line.ts";

/** Lays out rows under headings, in columns that are as wide as their content. */
export function table(headings: readonly string[], rows: readonly (readonly LinePart[])[]): Line[] {
  const lines = [headings.map((heading) => styled("dim", heading)), ...rows];
  const widths = headings.map((_heading, column) =>
    Math.max(...lines.map((cells) => widthOf(cells[column] ?? ""))),
  );
  return lines.map((cells) =>
    cells.flatMap((cell, column) => {
      // No spaces at the end of a line.
      const isLast = cells.slice(column + 1).every((each) => widthOf(each) === 0);
      return isLast ? [cell] : [cell, " ".repeat((widths[column] ?? 0) - widthOf(cell) + 2)];
    }),
  );
}

/** Lays out names and values below each other. Values that are `undefined` are left out. */
export function fieldList(fields: readonly (readonly [string, LinePart | undefined])[]): Line[] {
  const present = fields.filter((field): field is readonly [string, LinePart] => field[1] !== undefined);
  const width = Math.max(...present.map(([name]) => widthOf(name)));
  return present.map(([name, value]) => [name.padEnd(width + 2), value]);
}

function widthOf(part: LinePart): number {
  return stringWidth(plainText(part));
}
