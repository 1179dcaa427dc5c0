import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "./rules.mjs";
import { oneLine, textsOf } from "./texts.mjs";

const CHECKED = /\.(?:[cm]?[jt]s|tsx|lua|md)$/;
const IGNORED = /^scripts\/prose[/.]|\.api\.md$|CODE_OF_CONDUCT\.md$|CHANGELOG\.md$/;

/** @typedef {{ path: string, line: number, rule: import("./rules.mjs").ProseRule, match: string, sentence: string }} Problem */

/**
 * Finds sentences that break a rule. A line of the allow-list is `path: rule: part of the sentence`; `*` stands for any path.
 *
 * @param {string} root
 * @param {readonly string[]} paths
 * @param {string} allowList
 * @returns {{ problems: Problem[], unused: string[] }} `unused` are the lines of the allow-list that allow nothing
 */
export function findProse(root, paths, allowList) {
  const exceptions = allowList
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ line, fields: /^(\S+): (\S+): (.+)$/.exec(line)?.slice(1) ?? [], isUsed: false }));
  /** @param {Problem} problem */
  const isAllowed = (problem) => {
    const exception = exceptions.find(
      ({ fields: [path, rule, part] }) =>
        (path === "*" || path === problem.path) &&
        rule === problem.rule.name &&
        problem.sentence.includes(part ?? ""),
    );
    if (exception !== undefined) exception.isUsed = true;
    return exception !== undefined;
  };
  const problems = paths
    .filter((path) => CHECKED.test(path) && !IGNORED.test(path) && existsSync(join(root, path)))
    .flatMap((path) => problemsOf(path, readFileSync(join(root, path), "utf8")))
    .filter((problem) => !isAllowed(problem));
  return { problems, unused: exceptions.filter(({ isUsed }) => !isUsed).map(({ line }) => line) };
}

/**
 * @param {string} path
 * @param {string} source
 * @returns {Problem[]}
 */
export function problemsOf(path, source) {
  return textsOf(path, source).flatMap(({ kind, text, line }) =>
    sentencesOf(text).flatMap((sentence, index) =>
      RULES.filter((rule) => rule.in.includes(kind) && !(rule.name.endsWith("-start") && index > 0)).flatMap(
        (rule) => {
          const match = rule.pattern.exec(withoutCode(sentence));
          return match === null ? [] : [{ path, line, rule, match: match[0].slice(0, 60), sentence }];
        },
      ),
    ),
  );
}

/** @param {string} text */
function sentencesOf(text) {
  return text
    .replaceAll(/^[ \t]*\|.*$/gm, "\n") // tables
    .split(/\n\s*\n|\n(?= *(?:[-*]|@\w+|--\w+)\s)|\n(?= {2})/)
    .flatMap((paragraph) => oneLine(paragraph).split(/(?<=[.!?]["”)]?)\s+(?=[A-Z`*“"])/))
    .filter((sentence) => sentence !== "");
}

/** Code in backquotes is not prose. @param {string} sentence */
function withoutCode(sentence) {
  return sentence.replaceAll(/`[^`]*`/g, "`…`");
}
