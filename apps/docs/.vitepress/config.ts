import { readFileSync } from "node:fs";
import { defineConfig, type PageData } from "vitepress";
import { writeMarkdownPages } from "./markdown-pages.ts";
import { packageManagerTabs } from "./package-manager-tabs.ts";
import { localSearch } from "./search.ts";
import { sidebar } from "./sidebar.ts";

interface Manifest {
  readonly version: string;
  readonly repository: { readonly url: string };
}

const read = (path: string): Manifest =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as Manifest;
const repository = read("../../../package.json").repository.url.replace(/^git\+|\.git$/g, "");
const { version } = read("../../../packages/core/package.json");
// GitHub Pages serves the site below the name of the repository.
const base = process.env["DOCS_BASE"] ?? "/";

const PROJECT_PAGES: Readonly<Record<string, string>> = {
  security: "SECURITY.md",
  architecture: "ARCHITECTURE.md",
  contributing: "CONTRIBUTING.md",
};

/** Points the edit link of a generated page to its source, or removes the link if the page has several sources. */
function setSource(page: PageData): void {
  const [, kind, name = ""] = /^generated\/(?:(packages|project)\/)?(.+)\.md$/.exec(page.filePath) ?? [];
  if (kind === "packages") page.filePath = `../../packages/${name}/README.md`;
  else if (kind === "project") page.filePath = `../../${PROJECT_PAGES[name]}`;
  else if (name !== "") page.frontmatter["editLink"] = false;
}

/** The anchor of a heading as on GitHub, so that links within the files of packages work in both places. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");
}

export default defineConfig({
  title: "Keyward",
  description: "API keys and rate limits for Node, inside the server that you already run.",
  lang: "en",
  base,
  cleanUrls: true,
  lastUpdated: false,
  head: [
    ["link", { rel: "icon", href: `${base}logo.svg`, type: "image/svg+xml" }],
    ["meta", { name: "theme-color", content: "#2453d6" }],
  ],
  ignoreDeadLinks: [/^https?:\/\/localhost/],
  srcExclude: ["README.md"],
  markdown: { config: packageManagerTabs, anchor: { slugify: anchorOf } },
  transformPageData: setSource,
  buildEnd: writeMarkdownPages,
  themeConfig: {
    logo: "/logo.svg",
    search: { provider: "local", options: localSearch },
    outline: [2, 3],
    externalLinkIcon: true,
    socialLinks: [{ icon: "github", link: repository }],
    editLink: {
      text: "Edit this page",
      pattern: `${repository}/edit/main/apps/docs/:path`,
    },
    nav: [
      { text: "Quick start", link: "/start/express", activeMatch: "/start/" },
      { text: "Guides", link: "/guides/limits-per-plan", activeMatch: "/(?:guides|moving)/" },
      { text: "Concepts", link: "/concepts/limits", activeMatch: "/concepts/" },
      { text: "Reference", link: "/reference/", activeMatch: "/(?:reference|generated)/" },
      { text: `v${version}`, link: `${repository}/releases` },
    ],
    sidebar,
  },
});
