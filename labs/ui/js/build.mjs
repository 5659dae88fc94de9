// Bundles src/ into ../static/: assets.js (everything that draws) and loader.js (what each widget carries).
import { build } from "esbuild";

const out = process.argv[2] ?? "../static";
const common = {
  bundle: true, format: "esm", target: "es2022", minify: true, charset: "ascii", legalComments: "none",
  loader: { ".css": "text" }, logLevel: "warning",
};
await build({ ...common, entryPoints: ["src/assets.js"], outfile: `${out}/assets.js` });
await build({ ...common, entryPoints: ["src/loader.js"], outfile: `${out}/loader.js` });
