/** The SDK for pages as one minified ES module, for `<script type="module">` and to see what it costs. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compress, replace } from './compress.mjs';

export const BUNDLE = 'dist/browser/gapless.js';
const ENTRY = 'client/browser.ts';
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Its text, the files that are in it, and who in it imports what has no place in a browser. */
export async function bundleClient() {
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [ENTRY],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
    // Would else end the build; it is told of below.
    external: ['node:*'],
  });
  const imports = Object.entries(metafile.inputs).flatMap(([from, input]) =>
    input.imports.map(({ path: to }) => ({ from, to })),
  );
  const forbidden = imports.filter(
    ({ to }) => to.startsWith('node:') || to.startsWith('server/') || to.includes('node_modules/'),
  );
  return { code: outputFiles[0].contents, inputs: Object.keys(metafile.inputs), forbidden };
}

/** Writes it into `dist/`, compressed as well, with its types beside it. */
export async function writeBundle() {
  const { code } = await bundleClient();
  const file = path.join(root, BUNDLE);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file.replace(/\.js$/, '.d.ts'), "export * from '../client/browser.js';\n");
  replace(file, code);
  compress(file);
}
