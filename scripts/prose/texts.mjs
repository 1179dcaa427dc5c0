import { basename, extname } from "node:path";
import ts from "typescript";

/** @typedef {{ kind: "docstring" | "comment" | "string" | "title" | "markdown", text: string, line: number }} Text */

const SCRIPTS = new Set([".ts", ".tsx", ".mts", ".cts", ".mjs", ".cjs", ".js"]);
const TEST_FUNCTIONS = new Set(["describe", "it", "test"]);

/**
 * Returns the sentences of a file that people read: comments, strings with at least two words, test titles and Markdown prose.
 *
 * @param {string} path
 * @param {string} source
 * @returns {Text[]}
 */
export function textsOf(path, source) {
  const extension = extname(path);
  if (extension === ".md") return markdownTexts(source);
  if (extension === ".lua") return luaTexts(source);
  if (SCRIPTS.has(extension)) return scriptTexts(path, source);
  throw new Error(`${basename(path)} must be a script, Lua or Markdown; got ${extension}`);
}

/** @param {string} path @param {string} source @returns {Text[]} */
function scriptTexts(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  /** @type {Text[]} */
  const texts = [];
  /** @param {number} position */
  const lineOf = (position) => file.getLineAndCharacterOfPosition(position).line + 1;
  /** @type {{ text: string, start: number, end: number }[]} */
  let lineComments = [];
  const flush = () => {
    const [first] = lineComments;
    if (first !== undefined) {
      const text = lineComments.map((comment) => comment.text).join("\n");
      texts.push({ kind: "comment", text, line: lineOf(first.start) });
    }
    lineComments = [];
  };
  /** @param {string} trivia @param {number} offset */
  const readComments = (trivia, offset) => {
    for (const match of trivia.matchAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g)) {
      const start = offset + match.index;
      const [comment] = match;
      if (comment.startsWith("//")) {
        const last = lineComments.at(-1);
        if (last !== undefined && lineOf(start) !== lineOf(last.start) + 1) flush();
        lineComments.push({ text: comment.slice(2).replace(/^ /, ""), start, end: start + comment.length });
        continue;
      }
      flush();
      const kind = comment.startsWith("/**") ? "docstring" : "comment";
      texts.push({ kind, text: blockText(comment), line: lineOf(start) });
    }
    flush();
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      readComments(source.slice(node.getFullStart(), node.getStart()), node.getFullStart());
      return;
    }
    const children = node.getChildren().filter((child) => child.kind !== ts.SyntaxKind.JSDoc);
    if (children.length > 0) {
      for (const child of children) visit(child);
      return;
    }
    readComments(source.slice(node.getFullStart(), node.getStart()), node.getFullStart());
    const text = stringOf(node);
    if (text !== undefined && /\S\s+\S/.test(text)) {
      texts.push({
        kind: isTitle(node) ? "title" : "string",
        text: oneLine(text),
        line: lineOf(node.getStart()),
      });
    }
  };
  visit(file);
  return texts;
}

/** @param {ts.Node} node */
function stringOf(node) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isJsxText(node))
    return node.text;
  if (ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) return node.text;
  return undefined;
}

/** True for the first argument of `describe`, `it` and `test`, of `it.each(…)` and the like. @param {ts.Node} node */
function isTitle(node) {
  const call = node.parent;
  if (!ts.isCallExpression(call) || call.arguments[0] !== node) return false;
  /** @type {ts.Node} */
  let callee = call.expression;
  while (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && TEST_FUNCTIONS.has(callee.text);
}

/** @param {string} comment */
function blockText(comment) {
  const lines = comment
    .replace(/^\/\*\*?|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""));
  return lines
    .join("\n")
    .replace(/@example[\s\S]*?(?=\n@|$)/g, "")
    .replace(/```[\s\S]*?```/g, "")
    .trim();
}

/** @param {string} source @returns {Text[]} */
function luaTexts(source) {
  /** @type {Text[]} */
  const texts = [];
  source.split("\n").forEach((line, index) => {
    const comment = /^\s*--+\s?(.*)$/.exec(line)?.[1];
    if (comment === undefined) return;
    const last = texts.at(-1);
    if (last !== undefined && last.line + last.text.split("\n").length === index + 1)
      last.text += `\n${comment}`;
    else texts.push({ kind: "comment", text: comment, line: index + 1 });
  });
  return texts;
}

/** @param {string} source @returns {Text[]} */
function markdownTexts(source) {
  /** @type {Text[]} */
  const texts = [];
  let fence = "";
  /** @type {Text | undefined} */
  let paragraph;
  // HTML comments contain the checks of code blocks.
  const lines = source.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, "")).split("\n");
  const start = lines[0] === "---" ? lines.indexOf("---", 1) + 1 : 0;
  lines.forEach((line, index) => {
    if (index < start) return;
    const mark = /^\s*(`{3,}|~{3,}|:{3,})/.exec(line)?.[1];
    if (fence !== "" || (mark !== undefined && !mark.startsWith(":"))) {
      if (fence === "") fence = mark ?? "";
      else if (mark !== undefined && mark.startsWith(fence)) fence = "";
      paragraph = undefined;
      return;
    }
    if (/^\s*(?:$|<|:{3})/.test(line)) {
      paragraph = undefined;
      return;
    }
    if (/^\s*\|/.test(line)) {
      paragraph = undefined;
      for (const cell of line.split(/(?<!\\)\|/)) {
        if (/\w/.test(cell)) texts.push({ kind: "markdown", text: cell.trim(), line: index + 1 });
      }
      return;
    }
    const begins = /^\s*(?:[-*+]|\d+\.|#+|>)\s+/.exec(line);
    const text = line.slice(begins?.[0].length ?? 0).trim();
    if (begins === null && paragraph !== undefined) {
      paragraph.text += ` ${text}`;
      return;
    }
    paragraph = { kind: "markdown", text, line: index + 1 };
    texts.push(paragraph);
    if (begins?.[0].includes("#")) paragraph = undefined;
  });
  return texts;
}

/** @param {string} text */
export function oneLine(text) {
  return text.replaceAll(/\s+/g, " ").trim();
}
