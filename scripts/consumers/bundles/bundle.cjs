// Bundles main.mjs as CommonJS with one of three bundlers, into dist/<bundler>/.
const { execFileSync } = require("node:child_process");
const { join } = require("node:path");

const outdir = (name) => join(__dirname, "dist", name);

const bundlers = {
  esbuild: () =>
    require("esbuild").build({
      entryPoints: ["main.mjs"],
      bundle: true,
      platform: "node",
      format: "cjs",
      loader: { ".node": "copy" },
      outfile: join(outdir("esbuild"), "index.cjs"),
      logLevel: "error",
    }),
  webpack: () =>
    new Promise((resolve, reject) => {
      const config = {
        mode: "production",
        target: "node20",
        entry: "./main.mjs",
        optimization: { minimize: false },
        module: { rules: [{ test: /\.node$/, use: "node-loader" }] },
        output: { path: outdir("webpack"), filename: "index.cjs" },
      };
      require("webpack")(config, (error, stats) => {
        if (error === null && !stats.hasErrors()) resolve();
        else reject(error ?? new Error(stats.toString("errors-only")));
      });
    }),
  // It takes the format of its entry, and so bundles what `require` finds.
  ncc: () => {
    require("esbuild").buildSync({ entryPoints: ["main.mjs"], format: "cjs", outfile: "main.cjs" });
    const ncc = require.resolve("@vercel/ncc/dist/ncc/cli.js");
    execFileSync(process.execPath, [ncc, "build", "main.cjs", "-o", outdir("ncc"), "--quiet"], {
      cwd: __dirname,
    });
  },
};

void bundlers[process.argv[2]]();
