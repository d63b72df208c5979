/**
 * Builds the pages into `dist/pages/`: every folder of `client/pages/` with an `index.html` is one, and `server/gateway/routes/pages.ts`
 * serves what comes out. `scripts/build-pages.mjs` runs it. (The tests have a configuration of their own.)
 */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('client/pages/', import.meta.url));
const names = readdirSync(root).filter((name) => existsSync(`${root}${name}/index.html`));

export default defineConfig({
  root,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('dist/pages/', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // These browsers need none, and the content security policy allows neither inline scripts nor `data:`.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: Object.fromEntries(names.map((name) => [name, `${root}${name}/index.html`])) },
  },
});
