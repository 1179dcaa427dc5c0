import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

export default defineConfig({
  ...library(),
  // The program of SQLite's threads is a text in this one.
  loader: { ".cjs": "text" },
  // An optional dependency, which tsup would build in: its binary has to stay a package.
  external: ["libsql"],
  plugins: [
    {
      // Jest runs CommonJS in a context without `import()`, and so do programs packed into one file.
      name: "require in CommonJS",
      renderChunk(code) {
        if (this.format !== "cjs") return undefined;
        return {
          code: code.replaceAll(/\bimport\(("[^"]+")\)/g, "Promise.resolve().then(() => require($1))"),
        };
      },
    },
  ],
});
