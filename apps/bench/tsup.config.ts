import { defineConfig } from "tsup";

export default defineConfig({
  entry: { main: "src/main.ts", server: "src/frameworks/server.ts" },
  format: ["esm"],
  target: "node20.12",
  clean: true,
});
