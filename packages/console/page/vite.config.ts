import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { NOTICES_FILE } from "../../../scripts/third-party-notices.mjs";
import { embedPage } from "./embed-page.ts";

const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** Builds the page: few files, none of them from another host. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // The console's <base> element holds the path that it is mounted at.
  base: "./",
  plugins: [react(), embedPage(dist, NOTICES_FILE)],
  build: {
    outDir: `${dist}/page`,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    license: { fileName: NOTICES_FILE },
    rolldownOptions: { output: { postBanner: `/*! Third-party notices: ../${NOTICES_FILE} */` } },
  },
});
