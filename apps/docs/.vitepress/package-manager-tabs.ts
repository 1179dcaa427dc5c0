/** Shows each `npm install` as tabs for npm, pnpm, Yarn and Bun, so that pages need to contain it only once. */
import type { MarkdownRenderer } from "vitepress";

const MANAGERS: readonly (readonly [name: string, add: string])[] = [
  ["npm", "npm install"],
  ["pnpm", "pnpm add"],
  ["yarn", "yarn add"],
  ["bun", "bun add"],
];

export function packageManagerTabs(md: MarkdownRenderer): void {
  md.core.ruler.push("package-manager-tabs", (state) => {
    state.tokens = state.tokens.flatMap((token) => {
      if (token.type !== "fence" || token.info !== "sh" || !token.content.startsWith("npm install "))
        return [token];
      const open = new state.Token("container_code-group_open", "div", 1);
      const close = new state.Token("container_code-group_close", "div", -1);
      open.info = " code-group";
      open.block = close.block = true;
      const fences = MANAGERS.map(([name, add]) => {
        const fence = new state.Token("fence", "code", 0);
        Object.assign(fence, { block: true, map: token.map, markup: "```" });
        fence.info = `sh [${name}]`;
        fence.content = token.content.replaceAll(/^npm install /gm, `${add} `);
        return fence;
      });
      return [open, ...fences, close];
    });
  });
}
