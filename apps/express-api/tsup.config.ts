import { defineConfig } from "tsup";

export default defineConfig({
  entry: { main: "src/main.ts", demo: "demo/demo.ts", visitor: "demo/visitor.ts" },
  format: ["esm"],
  target: "node20.12",
  clean: true,
});
