/**
 * The program as JavaScript: a file for each that is started or imported by its name, and `dist/chunks/` for what they share. Threads and
 * commands start a fifth quicker than from some hundred modules each. Packages stay outside.
 */
import fs from 'node:fs';
import path from 'node:path';
import { filesBelow } from './files.mjs';

const DIST = 'dist';
/** Commands, threads and child processes. */
const STARTED = /(^|\/)main\.ts$|^loadtest\/(micro|peers)\/|^loadtest\/limits\/.+-(server|process)\.ts$/;

/** Rejects where it cannot; esbuild has said why then. */
export async function bundle(rooms, sources) {
  const { build } = await import('esbuild');
  const exported = exportedSources();
  const { metafile } = await build({
    entryPoints: sources.filter((file) => STARTED.test(file) || exported.has(file)),
    outbase: '.',
    outdir: DIST,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  const made = new Set(Object.keys(metafile.outputs));
  for (const file of [...rooms, 'chunks'].flatMap((room) => filesBelow(path.join(DIST, room))))
    if (/\.js(\.map)?$/.test(file) && !made.has(file)) fs.rmSync(file);
  fs.chmodSync(`${DIST}/cli/main.js`, 0o755);
}

/** What others import by the names in package.json. */
function exportedSources() {
  const { exports } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  const files = Object.values(exports).flatMap(Object.values);
  return new Set(files.map((file) => file.replace(`./${DIST}/`, '').replace(/\.js$/, '.ts')));
}
