// Makes wwwroot/lib from the packages in package-lock.json and from the files beside this one.
// Everything that the browser loads comes from here: there is no CDN, and nothing is fetched at run time.
import { build, transform } from "esbuild";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const lib = join(here, "..", "wwwroot", "lib");

const withoutSourceMap = text => text.replace(/\n?\/[/*]# sourceMappingURL=[^\n]*?(\*\/)?\s*$/, "\n");
const read = (...path) => readFile(join(...path), "utf8");

async function sprite() {
  const names = (await read(here, "icons.txt")).split("\n").map(n => n.trim()).filter(Boolean);
  const symbols = await Promise.all(
    names.map(async name => {
      const svg = await read(modules, "@tabler/icons/icons/outline", `${name}.svg`);
      const shapes = svg
        .replace(/<!--[\s\S]*?-->/g, "")
        .replace(/^[\s\S]*?<svg[^>]*>/, "")
        .replace(/<\/svg>\s*$/, "")
        .replace(/\s*\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
    }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

async function licences() {
  const packages = [
    ["@tabler/core", "dist/css/tabler.min.css is served as tabler.css", null],
    ["@tabler/icons", "shapes of the icons in icons.svg", "LICENSE"],
    ["htmx.org", "htmx and its extension hx-sse are served as htmx.js", "LICENSE"],
    ["echarts", "bundled in part as chart.js", "LICENSE"],
  ];
  const parts = [];
  for (const [name, use, file] of packages) {
    const about = JSON.parse(await read(modules, name, "package.json"));
    const text = file ? await read(modules, name, file).catch(() => "") : "";
    parts.push(`${name} ${about.version}, ${about.license}: ${use}.\n\n${text}`);
  }
  return parts.join("\n----------------------------------------\n\n");
}

await rm(lib, { recursive: true, force: true });
await mkdir(lib, { recursive: true });

const htmx = await read(modules, "htmx.org/dist/htmx.min.js");
const sse = await read(modules, "htmx.org/dist/ext/hx-sse.min.js");
const css = await transform(await read(here, "css/custodiet.css"), { loader: "css", minify: true });

await Promise.all([
  writeFile(join(lib, "tabler.css"), withoutSourceMap(await read(modules, "@tabler/core/dist/css/tabler.min.css"))),
  writeFile(join(lib, "custodiet.css"), css.code),
  writeFile(join(lib, "htmx.js"), `${withoutSourceMap(htmx)};\n${withoutSourceMap(sse)}`),
  writeFile(join(lib, "icons.svg"), await sprite()),
  writeFile(join(lib, "licences.txt"), await licences()),
  build({
    entryPoints: { theme: join(here, "js/theme.js"), app: join(here, "js/app.js"), chart: join(here, "js/chart.js") },
    outdir: lib,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "eof",
    logLevel: "warning",
  }),
]);
