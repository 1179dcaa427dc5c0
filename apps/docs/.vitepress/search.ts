/** The text that the search of the site indexes. `search-options.mjs` decides the order of the results. */
import type { DefaultTheme } from "vitepress";
import { searchOptions } from "./search-options.mjs";

type LocalSearch = DefaultTheme.LocalSearchOptions;

/** A page as it is indexed: with the words in `keywords` of its front matter, and the reference without sections. */
const renderForIndex: NonNullable<LocalSearch["_render"]> = (source, env, md) => {
  const html = md.render(source, env);
  const { keywords, search } = (env.frontmatter ?? {}) as { keywords?: string; search?: boolean };
  if (search === false) return "";
  if (String(env.relativePath).startsWith("generated/reference/")) {
    return html.replaceAll(/<h[2-6][^>]*>([\s\S]*?)<\/h[2-6]>/g, "<p>$1</p>");
  }
  return keywords === undefined ? html : html.replace("</h1>", `</h1><p>${keywords} ${keywords}</p>`);
};

export const localSearch: LocalSearch = {
  _render: renderForIndex,
  miniSearch: { searchOptions },
  detailedView: false,
};
