// Bundles player.js and player.css of this folder into the one file that Python sends, by default beside it:
//   npm ci && npm run build
// Its first line names the sources they were made of, so that a test sees a forgotten build; see sources_hash in
// tests/widgets/test_bundle.py.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url)), outdir = process.argv[2] ?? `${folder}/..`;
const hash = createHash("sha256");
for (const name of readdirSync(folder).filter((file) => /\.(js|mjs|css|json)$/.test(file)).sort()) {
  hash.update(`${name}\n${readFileSync(`${folder}/${name}`, "utf8").replaceAll("\r\n", "\n")}`);
}
const key = hash.digest("hex"), banner = `/* chainviz, built from widgets/js ${key} */`;
const shared = { absWorkingDir: folder, bundle: true, minify: true, charset: "ascii", target: "esnext", write: false, outdir };
const { outputFiles: [style] } = await build({ ...shared, entryPoints: ["player.css"] });
const { outputFiles: [script], metafile } = await build({
  ...shared, entryPoints: ["player.js"], format: "esm", legalComments: "none", metafile: true,
  define: { STYLE: JSON.stringify(style.text.trim()), STYLE_KEY: JSON.stringify(`chainviz-style-${key.slice(0, 12)}`) },
});
const { exports } = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === "player.js");

// Compressed, the script is less than half as long: it is in every page, and in every notebook that keeps its widgets.
const packed = deflateRawSync(script.contents, { level: 9 }).toString("base64");
writeFileSync(script.path, `${banner}
const bytes = Uint8Array.from(atob("${packed}"), (letter) => letter.charCodeAt(0));
const text = new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
const url = URL.createObjectURL(new Blob([await text], { type: "text/javascript" }));
const player = await import(url);
URL.revokeObjectURL(url);
export const { ${exports.filter((name) => name !== "default").join(", ")} } = player;
export default player.default;
`);
