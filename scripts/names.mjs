// Checks names in the sources of all packages: a type name is declared once in a package and exported once in the repository, and
// names are nouns and verbs of the glossary.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

/** Names to avoid, with better ones. */
const AVOIDED = [
  [
    /^(?:told|shown|given|heard|lacking|bringing)$/,
    "a noun, such as `event`, `apiKey`, `options` or `missing`",
  ],
  [/^(?:Asker|Acting|Admitting|Meaning)$/, "a noun, such as `Actor`"],
  [/^(?:MOST|LEAST|LARGEST|LONGEST|WIDEST|SMALLEST)_/, "`MAX_` or `MIN_`"],
  [/^giveBack|^gaveBack/, "`refund`"],
  [/[rR]egenerat|[rR]eroll/, "`rotate`"],
  [/^(?:Seal|seal)(?:$|er|[A-Z])/, "`sign` or `Signer`"],
  [/[kK]eyTail|^tailOf/, "`checksum`"],
  [/[tT]enant/, "`owner`"],
];

/**
 * @param {ReadonlyMap<string, string>} sources the text of each file, by its path in the repository
 * @returns {string[]} problems
 */
export function findNames(sources) {
  /** @type {Map<string, Set<string>>} */
  const exported = new Map();
  /** @type {Map<string, Set<string>>} */
  const declared = new Map();
  const problems = new Set();
  for (const [path, source] of sources) {
    const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
    const workspace = path.split("/").slice(0, 2).join("/");
    for (const statement of file.statements) {
      if (!isType(statement) || statement.name === undefined || isSchemaAlias(statement)) continue;
      const name = statement.name.text;
      addTo(declared, `${name} in ${workspace}`, path);
      const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (isExported) addTo(exported, name, path);
    }
    /** @param {ts.Node} node */
    const visit = (node) => {
      const name = declaredName(node);
      const advice = AVOIDED.find(([pattern]) => pattern.test(name))?.[1];
      if (advice !== undefined) problems.add(`${path}: ${name} should be ${advice}`);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  const reported = new Set();
  for (const [what, names] of [
    ["exported", exported],
    ["declared", declared],
  ]) {
    for (const [name, paths] of names) {
      const places = [...paths].join(", ");
      if (paths.size > 1 && !reported.has(places + name.split(" ")[0])) {
        problems.add(`type ${name} is ${what} ${paths.size} times: ${places}`);
        reported.add(places + name.split(" ")[0]);
      }
    }
  }
  return [...problems];
}

function isType(node) {
  return (
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isEnumDeclaration(node)
  );
}

/** True for a type such as `Schemas["Owner"]`, which is declared where the schema is. */
function isSchemaAlias(statement) {
  return (
    ts.isTypeAliasDeclaration(statement) && /^Schemas\b|^NonNullable<Session\b/.test(statement.type.getText())
  );
}

/** The name that a node declares, or an empty string. */
function declaredName(node) {
  if (ts.isPropertyAccessExpression(node) || ts.isImportSpecifier(node)) return "";
  const { name } = node;
  if (name === undefined || !(ts.isIdentifier(name) || ts.isPrivateIdentifier(name))) return "";
  return name.text.replace(/^#/, "");
}

function addTo(map, name, path) {
  const paths = map.get(name) ?? new Set();
  map.set(name, paths.add(path));
}

function readSources() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "packages", "apps"], {
    cwd: root,
    encoding: "utf8",
  });
  const paths = files
    .split("\n")
    .filter((path) => /(?<!\.d)\.[cm]?tsx?$/.test(path) && existsSync(join(root, path)));
  const sources = new Map();
  // Each sample has its own copy of the same files.
  const texts = new Set();
  for (const path of paths) {
    const text = readFileSync(join(root, path), "utf8");
    if (!texts.has(text)) sources.set(path, text);
    texts.add(text);
  }
  return sources;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problems = findNames(readSources());
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
