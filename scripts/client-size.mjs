#!/usr/bin/env node
/**
 * What the SDK costs a page: bundles `client/index.ts` for browsers as a minified ES module and prints its size, plain and gzipped.
 * Fails if anything of Node or zod is in it, or if it is larger than allowed.
 *
 *   node scripts/client-size.mjs [--json]
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Gzipped bytes. */
const ALLOWED = 20_000;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["client/browser.ts"],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  write: false,
  metafile: true,
  logLevel: 'silent',
  // Would else end the build; it is reported below with who imports it.
  external: ['node:*'],
});

const imports = Object.entries(metafile.inputs).flatMap(([from, input]) =>
  input.imports.map(({ path: to }) => ({ from, to })),
);
const forbidden = imports.filter(
  ({ to }) => to.startsWith('node:') || to.includes('node_modules/zod') || to.includes('node_modules/ws'),
);
for (const { from, to } of forbidden) console.error(`${from} imports ${to}, which has no place in a browser`);

const [output] = outputFiles;
const gzip = gzipSync(output.contents, { level: 9 }).length;
const bytes = output.contents.length;
if (process.argv.includes('--json'))
  console.log(JSON.stringify({ bytes, gzip, allowed: ALLOWED, inputs: Object.keys(metafile.inputs) }));
else console.log(`client/index.ts: ${kib(bytes)} minified, ${kib(gzip)} gzipped (at most ${kib(ALLOWED)})`);
if (gzip > ALLOWED) console.error(`The bundle is larger than ${kib(ALLOWED)} gzipped.`);
if (forbidden.length > 0 || gzip > ALLOWED) process.exit(1);

function kib(size) {
  return `${(size / 1024).toFixed(1)} KiB`;
}
