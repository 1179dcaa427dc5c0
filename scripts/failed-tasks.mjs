import { stripVTControlCharacters } from "node:util";

/** Lines to repeat of each failed task. */
const MAX_LINES = 60;
/** The headings that vitest prints before the errors of failed tests, of hooks and files, and outside of tests. */
const ERRORS = /^⎯+ (?:Failed Suites|Failed Tests|Unhandled Errors)\b/;
/** The line that vitest prints before the error of a test. */
const TITLE = /^ FAIL /;

/**
 * Extracts the errors of the failed tasks from the output of `turbo run --log-prefix=task`, because the output of the
 * tasks that ran after them can be long: from vitest's list of errors on, otherwise the last lines of the task.
 */
export function extractFailures(turboOutput) {
  const lines = turboOutput.split("\n").map((line) => stripVTControlCharacters(line).trimEnd());
  const failed = lines.findLast((line) => /^ *Failed: +\S+#/.test(line)) ?? "";
  return failed
    .replace(/^ *Failed: +/, "")
    .split(", ")
    .filter((task) => task !== "")
    .map((task) => `Failed task: ${task}\n\n${extractErrors(linesOf(task, lines)).join("\n")}\n`)
    .join("\n");
}

function linesOf(task, lines) {
  const prefix = `${task.replace("#", ":")}:`;
  return lines
    .filter((line) => line === prefix || line.startsWith(`${prefix} `))
    .map((line) => line.slice(prefix.length + 1));
}

function extractErrors(lines) {
  const start = lines.findIndex((line) => ERRORS.test(line));
  if (start === -1) return lines.slice(-MAX_LINES);
  const errors = lines.slice(start);
  const cut = errors.slice(MAX_LINES);
  return [...errors.slice(0, MAX_LINES), ...cut.filter((line) => TITLE.test(line))];
}
