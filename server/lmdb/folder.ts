/** The folder of an LMDB environment. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export function hasData(dir: string): boolean {
  return existsSync(join(dir, 'data.mdb'));
}

/** Makes the folder where it is missing, and lets `open` make the data in it; new data is durable then. */
export function withFolder<T>(dir: string, open: () => T): T {
  const isNew = !hasData(dir);
  makeFolder(resolve(dir));
  const opened = open();
  if (isNew) for (const path of [dir, dirname(resolve(dir))]) syncFolder(path);
  return opened;
}

/** One folder at a time: where the system has no such folder and lets none be made (/proc), the recursive mkdir of Node 20 never ends. */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir));
  mkdirSync(dir);
}

/** A new file is durable only when its folder is. */
function syncFolder(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
