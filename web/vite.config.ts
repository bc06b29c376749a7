// Every file web/src/entries/NAME.ts becomes one entry; templates ask for it by NAME through the manifest.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const entries = Object.fromEntries(
  readdirSync(here("src/entries"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => [name.slice(0, -3), here(`src/entries/${name}`)]),
);

export default defineConfig({
  root: here("."),
  base: "/static/dist/",
  publicDir: false,
  logLevel: "warn",
  worker: { format: "es" },
  build: {
    outDir: here("../src/linli/doors/static/dist"),
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: entries },
  },
});
