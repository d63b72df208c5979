/** Builds the pages of `client/pages/` into `dist/pages/`, each file compressed as well, if anything that they are made of changed. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { compress } from './compress.mjs';
import { filesBelow, fingerprint } from './files.mjs';

const VITE = 'node_modules/vite/bin/vite.js';
const PAGES = 'dist/pages';
/** Built here and then moved: a server that starts meanwhile finds the old ones, whole. */
const NEXT = 'dist/.pages';
const STAMP = 'dist/.pages-built';
const COMPRESSIBLE = /\.(html|js|css|svg|json|txt|webmanifest)$/;

/** What went wrong as a sentence, or null. The working directory is the project's root. */
export async function buildPages() {
  const sources = ['client', 'protocol'].flatMap(filesBelow).filter((file) => !file.endsWith('.md'));
  const prints = fingerprint([...sources, 'vite.config.ts', 'package-lock.json']);
  if (fs.existsSync(STAMP) && fs.readFileSync(STAMP, 'utf8') === prints) return null;
  if (!fs.existsSync(VITE)) return 'Vite is not installed. Run: npm ci';
  fs.rmSync(STAMP, { force: true });
  const vite = spawnSync(process.execPath, [VITE, 'build', '--outDir', `../../${NEXT}`], { encoding: 'utf8' });
  if (vite.status !== 0) {
    console.error(vite.stdout + vite.stderr);
    return 'The build of the pages failed, see above.';
  }
  for (const file of filesBelow(NEXT).filter((name) => COMPRESSIBLE.test(name))) compress(file);
  fs.rmSync(PAGES, { recursive: true, force: true });
  fs.renameSync(NEXT, PAGES);
  fs.writeFileSync(STAMP, prints);
  return null;
}
