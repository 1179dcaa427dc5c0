import { readFileSync } from "node:fs";

const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** A command of the pinned pnpm, which npx starts: a fresh machine has only Node and npm. */
export const pnpm = (...args) => ["npx", "--yes", packageManager, ...args];
