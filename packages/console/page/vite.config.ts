import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The page is built into the package, beside its code: few files, none of them from another host. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // The console's <base> says where it is mounted.
  base: "./",
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL("../dist/page", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
  },
});
