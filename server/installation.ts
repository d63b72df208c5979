/** Where this program's own files are: found from its package.json, since a build puts modules together and a source tree does not. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json. */
export const ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** By its name in `dist/`. Where the source runs, threads and pages are those of the build as well: they cannot run TypeScript. */
export function built(name: string): string {
  return join(ROOT, 'dist', name);
}

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  if (dirname(folder) === folder) throw new Error('package.json is missing above the program');
  return rootAbove(dirname(folder));
}
