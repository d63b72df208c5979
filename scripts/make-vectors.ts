/**
 * Writes the test vectors of the protocol, `protocol/vectors/*.json`, from the lists in `scripts/vectors/`. They are checked in; a test
 * compares them with what this script would write, so run `npx tsx scripts/make-vectors.ts` after a change and read the difference.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventVectors } from './vectors/events.ts';
import { frameVectors } from './vectors/frames.ts';
import { invalidVectors } from './vectors/invalid.ts';
import { toleratedVectors } from './vectors/tolerated.ts';

export const FOLDER = fileURLToPath(new URL('../protocol/vectors/', import.meta.url));

/** File name and content of each. */
export function vectorFiles(): Record<string, string> {
  const files = {
    'frames.json': frameVectors(),
    'tolerated.json': toleratedVectors(),
    'invalid.json': invalidVectors(),
    'events.json': eventVectors(),
  };
  return Object.fromEntries(Object.entries(files).map(([name, list]) => [name, `${JSON.stringify(list, null, 2)}\n`]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, content] of Object.entries(vectorFiles())) writeFileSync(`${FOLDER}${name}`, content);
}
