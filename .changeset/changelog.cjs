const { repository } = require("../package.json");

const address = repository.url.replace(/^git\+|\.git$/g, "");
const commitLink = (commit) => `[\`${commit.slice(0, 7)}\`](${address}/commit/${commit})`;

/** Changelog entries that link to their commits. Unlike @changesets/changelog-github they need neither a token nor a network. */
module.exports = {
  async getReleaseLine({ summary, commit }) {
    const text = summary.trim().replaceAll("\n", "\n  ");
    return `- ${text}${commit === undefined ? "" : ` (${commitLink(commit)})`}`;
  },

  async getDependencyReleaseLine(_changesets, dependencies) {
    if (dependencies.length === 0) return "";
    const versions = dependencies.map(({ name, newVersion }) => `  - \`${name}@${newVersion}\``);
    return ["- Updated dependencies", ...versions].join("\n");
  },
};
