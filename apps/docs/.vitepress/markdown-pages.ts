/** Writes each page as Markdown beside its HTML, and `llms.txt`, which lists them, for programs that read documentation. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SiteConfig } from "vitepress";
import { sidebar } from "./sidebar.ts";

const FRONT_MATTER = /^---\n[\s\S]*?\n---\n+/;
const LINKS = /\[([^\]]+)\]\([^)]+\)/g;
/** Comments, such as the checks of code blocks, which readers do not see. */
const COMMENTS = /\n*<!--[\s\S]*?-->/g;

interface MarkdownPage {
  readonly path: string;
  readonly title: string;
  readonly summary: string;
  readonly text: string;
}

/** @param file such as `guides/cors.md` */
function readPage(srcDir: string, file: string): MarkdownPage {
  const text = readFileSync(join(srcDir, file), "utf8").replace(FRONT_MATTER, "").replaceAll(COMMENTS, "");
  const [, title = file] = /^# (.+)$/m.exec(text) ?? [];
  const [, summary = ""] = /^# .+\n+(?!```)([^\n#|:!<-][^\n]*)/m.exec(text) ?? [];
  const [firstSentence = ""] = summary.replaceAll(LINKS, "$1").split(/(?<=\.) /);
  return { path: file, title, summary: firstSentence.replace(/:$/, "."), text };
}

const fileOf = (link: string): string => `${link.slice(1)}${link.endsWith("/") ? "index" : ""}.md`;

export function writeMarkdownPages({ srcDir, outDir, pages, site }: SiteConfig): void {
  const found = new Map(pages.map((file) => [file, readPage(srcDir, file)]));
  for (const { path, text } of found.values()) {
    if (path === "index.md") continue;
    const target = join(outDir, path);
    mkdirSync(dirname(target), { recursive: true });
    if (!existsSync(target)) writeFileSync(target, text);
  }
  const sections = sidebar.map(({ text, items = [] }) => {
    const lines = items.map(({ link = "" }) => {
      const { path, title, summary } = found.get(fileOf(link)) as MarkdownPage;
      return `- [${title}](${site.base}${path})${summary === "" ? "" : `: ${summary}`}`;
    });
    return `## ${text}\n\n${lines.join("\n")}\n`;
  });
  const intro = `# ${site.title}\n\n> ${site.description}\n\nEach page of this site is also Markdown, at its address with \`.md\`.\n`;
  writeFileSync(join(outDir, "llms.txt"), [intro, ...sections].join("\n"));
}
