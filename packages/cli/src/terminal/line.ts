import { styleText } from "node:util";
import { toPrintable } from "./printable.ts";

/** Colours and what they stand for: fine, needs attention, wrong, less important, important. */
export type Style = "green" | "yellow" | "red" | "dim" | "bold";

export interface StyledText {
  readonly style: Style;
  readonly text: string;
}

/** A part of a line. Its text may be untrusted: printing makes control characters and line breaks visible. */
export type LinePart = string | StyledText;

/** One line of output: text, or parts that follow each other. */
export type Line = LinePart | readonly LinePart[];

export function styled(style: Style, text: string): StyledText {
  return { style, text };
}

/** The text of a part as it will be printed, without colours. */
export function plainText(part: LinePart): string {
  return toPrintable(typeof part === "string" ? part : part.text);
}

export function renderLine(line: Line, hasColors: boolean): string {
  const parts = Array.isArray(line) ? (line as readonly LinePart[]) : [line as LinePart];
  return parts
    .map((part) => {
      const text = plainText(part);
      return hasColors && typeof part !== "string" ? styleText(part.style, text) : text;
    })
    .join("");
}
