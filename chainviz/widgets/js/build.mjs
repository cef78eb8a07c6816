// Bundles player.js and player.css of this folder into the two files that Python sends, by default beside it:
//   npm ci && npm run build
// Their first line names the sources they were made of, so that a test sees a forgotten build; see sources_hash in
// tests/widgets/test_bundle.py.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url)), outdir = process.argv[2] ?? `${folder}/..`;
const hash = createHash("sha256");
for (const name of readdirSync(folder).filter((file) => /\.(js|mjs|css|json)$/.test(file)).sort()) {
  hash.update(`${name}\n${readFileSync(`${folder}/${name}`, "utf8").replaceAll("\r\n", "\n")}`);
}
const banner = `/* chainviz, built from widgets/js ${hash.digest("hex")} */`;
await build({
  absWorkingDir: folder, entryPoints: ["player.js", "player.css"], outdir, bundle: true, minify: true, format: "esm",
  charset: "ascii", target: "esnext", legalComments: "none", banner: { js: banner, css: banner },
});
