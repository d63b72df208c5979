/** The folder of an LMDB environment. */
import { closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export function hasData(dir: string): boolean {
  return existsSync(join(dir, 'data.mdb'));
}

/** Whether its writer has come as far as to make it; what is shorter is being made just now. */
export function isMade(dir: string): boolean {
  return (statSync(join(dir, 'data.mdb'), { throwIfNoEntry: false })?.size ?? 0) >= LEAST_BYTES;
}

/** LMDB's mark and the version of its format, in the first page of its file behind that page's header. */
const MARK = Buffer.from('dec0efbe02000000', 'hex');
const HEAD_BYTES = 64;
const LEAST_BYTES = 2 * 4096;

/** Throws where the file is not LMDB's or is cut off: the package would end the process on opening it. An empty one is new. */
export function checkData(dir: string): void {
  const handle = openSync(join(dir, 'data.mdb'), 'r');
  try {
    const { size } = fstatSync(handle);
    const head = Buffer.alloc(HEAD_BYTES);
    readSync(handle, head, 0, HEAD_BYTES, 0);
    if (size > 0 && (size < LEAST_BYTES || !head.includes(MARK)))
      throw new Error('data.mdb is not an LMDB file that can be read');
  } finally {
    closeSync(handle);
  }
}

/** Makes the folder where it is missing, and lets `open` make the data in it; new data is durable then. */
export function withFolder<T>(dir: string, open: () => T): T {
  const isNew = !hasData(dir);
  if (!isNew) checkData(dir);
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
