/**
 * The index as a file, so that a start need not read the whole log again.
 *
 *   0  'G' 'P' 'I' 'X'   magic
 *   4  u32               version, 1
 *   8  u32               length of the head; then its CRC-32 as u32, then the head: a MessagePack map
 *                        {identity, anchors: [[position, head of the entry]...], events, tenants}
 *   then for each tenant its models in pieces, each a u32 length and its bytes, and a length of 0 behind the last; 'DONE' at the end.
 *
 * Integers are little-endian. The models carry a checksum of their own (`server/recommend/models/snapshot.ts`). A file is written beside the old one and takes its place once it is whole and on the disk.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { pack, unpackMap } from '../../../format/msgpack.ts';
import { SharedIndex, type SharedIndexOptions } from './shared-index.ts';

export const SNAPSHOT_FILE = 'index.snapshot';
const MAGIC = 'GPIX';
const DONE = 'DONE';
const VERSION = 1;
const PREFIX_BYTES = 16;
const HEAD_MAX_BYTES = 64 * 1024 * 1024;
/** Reads and writes are of about this size. */
const CHUNK_BYTES = 1024 * 1024;
/** A snapshot is written in less. */
const LEFTOVER_MS = 10 * 60_000;
const TEMPORARY = /^index\.snapshot\.[0-9a-f]+\.tmp$/;

/** The file is none, of another version, or damaged. */
export class SnapshotFileError extends Error {
  override readonly name = 'SnapshotFileError';
}

/** Nothing may be learned until it resolves. */
export async function writeSnapshot(folder: string, index: SharedIndex): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = path.join(folder, `${SNAPSHOT_FILE}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx');
  try {
    for (const bytes of joined(pieces(index))) await file.write(bytes);
    await file.datasync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path.join(folder, SNAPSHOT_FILE));
  await syncFolder(folder);
}

function* pieces(index: SharedIndex): Generator<Uint8Array, void> {
  const anchors = index.anchors.map(({ position, head }) => [position, head]);
  const head = pack({ identity: index.identity, anchors, events: index.events, tenants: [...index.tenants.keys()] });
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 0, 'latin1');
  prefix.writeUInt32LE(VERSION, 4);
  prefix.writeUInt32LE(head.length, 8);
  prefix.writeUInt32LE(crc32(head), 12);
  yield prefix;
  yield head;
  for (const models of index.tenants.values()) {
    for (const bytes of models.chunks()) {
      if (bytes.length === 0) continue;
      yield uint32(bytes.length);
      yield bytes;
    }
    yield uint32(0);
  }
  yield Buffer.from(DONE);
}

/** The same bytes in writes of a size that costs neither calls nor memory. */
function* joined(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += CHUNK_BYTES) {
      const part = piece.subarray(at, at + CHUNK_BYTES);
      waiting.push(part);
      length += part.length;
      if (length < CHUNK_BYTES) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      length = 0;
    }
  }
  yield Buffer.concat(waiting);
}

/** null where there is no file. Throws SnapshotFileError, and SnapshotError for the part of the models. */
export function readSnapshot(folder: string, partitions: number, options: SharedIndexOptions = {}): SharedIndex | null {
  let file: number;
  try {
    file = openSync(path.join(folder, SNAPSHOT_FILE), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return readIndex(new FileBytes(file), partitions, options);
  } finally {
    closeSync(file);
  }
}

function readIndex(file: FileBytes, partitions: number, options: SharedIndexOptions): SharedIndex {
  const prefix = file.take(PREFIX_BYTES);
  if (prefix.toString('latin1', 0, 4) !== MAGIC) throw new SnapshotFileError('no snapshot of an index');
  const version = prefix.readUInt32LE(4);
  if (version !== VERSION) throw new SnapshotFileError(`version ${version}, this server reads ${VERSION}`);
  const length = prefix.readUInt32LE(8);
  if (length > HEAD_MAX_BYTES) throw damaged();
  const head = file.take(length);
  if (crc32(head) !== prefix.readUInt32LE(12)) throw damaged();
  const { identity, anchors, events, tenants } = unpackMap(head) as {
    identity: string;
    anchors: [number, Uint8Array][];
    events: number;
    tenants: string[];
  };
  if (anchors.length !== partitions) throw new SnapshotFileError(`it has ${anchors.length} partitions`);
  const index = new SharedIndex(identity, partitions, options);
  index.events = events;
  anchors.forEach(([position, head], partition) => {
    index.anchors[partition] = { position, head: Uint8Array.from(head) };
  });
  for (const tenant of tenants) {
    const pieces = file.pieces();
    index.restore(tenant, pieces);
    if (!pieces.next().done) throw damaged();
  }
  if (file.take(DONE.length).toString('latin1') !== DONE) throw damaged();
  return index;
}

/** Reads a file from its beginning on. */
class FileBytes {
  private readonly file: number;

  constructor(file: number) {
    this.file = file;
  }

  take(length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      const read = readSync(this.file, bytes, filled, length - filled, null);
      if (read === 0) throw damaged();
      filled += read;
    }
    return bytes;
  }

  *pieces(): Generator<Uint8Array, void> {
    for (;;) {
      let left = this.take(4).readUInt32LE(0);
      if (left === 0) return;
      // In parts: a length that is damaged must not take all memory.
      for (; left > 0; left -= Math.min(left, CHUNK_BYTES)) yield this.take(Math.min(left, CHUNK_BYTES));
    }
  }
}

/** What writers left behind that were killed; not what another process may be writing right now. */
export function removeLeftovers(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((name) => TEMPORARY.test(name))) {
    const file = path.join(folder, name);
    const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - modified > LEFTOVER_MS) rmSync(file, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function damaged(): SnapshotFileError {
  return new SnapshotFileError('it is damaged or cut short');
}
