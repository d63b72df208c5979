/**
 * An outbox store in one file, for Node.
 *
 * Layout: an append-only journal of changes, one line each (`journal.ts`), readable with any text tool; beside it `<path>.lock`.
 * Durability: `append`, `drop`, `renumber` and `saveIdentity` resolve after fdatasync, so they survive a power cut; with `fsync: false` after
 *   write(2), which survives kill -9 of the process only. `settle` is written and not synced: losing it costs a resend, which is harmless.
 * Compaction: when the file has outgrown what it held after the last one, it is written anew beside itself, synced and renamed over.
 * Damage: a torn last line is cut off. Anything else that is not readable is moved to `<path>.damaged` and reported by `load`.
 * Failure: after a failed write nothing more is written, because the file may end in half a line; every later call rejects.
 */
import { type FileHandle, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lockFile } from './file-lock.ts';
import { decodeLines, encodeLine } from './journal.ts';
import { type StoreChange, StoreState } from './store-state.ts';
import type { OutboxEntry, OutboxStore, StoredIdentity, StoredOutbox } from './types.ts';

export interface FileStoreOptions {
  /** Default true: an event is on the disk before it is sent. */
  fsync?: boolean;
  /** The file is compacted when it is this large, bytes, and twice as large as after the last time. Default 1 MiB. */
  compactBytes?: number;
}

/** It holds personal data. */
const MODE = 0o600;

/** The folder is made if it is missing. `load` rejects with ClientError `store_locked` if another live process holds the file. */
export function fileStore(path: string, options: FileStoreOptions = {}): OutboxStore {
  return new FileStore(path, options);
}

class FileStore implements OutboxStore {
  readonly #path: string;
  readonly #fsync: boolean;
  readonly #compactBytes: number;
  readonly #state = new StoreState();
  #file: FileHandle | null = null;
  #release: (() => void) | null = null;
  #size = 0;
  #compactedSize = 0;
  #failure: unknown = null;

  constructor(path: string, { fsync = true, compactBytes = 1024 * 1024 }: FileStoreOptions) {
    this.#path = path;
    this.#fsync = fsync;
    this.#compactBytes = compactBytes;
  }

  async load(): Promise<StoredOutbox> {
    await mkdir(dirname(this.#path), { recursive: true });
    this.#release = lockFile(this.#path);
    const bytes = await readFile(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const { changes, end, damaged } = decodeLines(bytes);
    for (const change of changes) this.#state.apply(change);
    if (damaged) await writeFile(`${this.#path}.damaged`, bytes.subarray(end), { mode: MODE });
    await this.#compact();
    return { ...this.#state.snapshot(), ...(damaged && { damaged: `${this.#path}: ${damaged}` }) };
  }

  saveIdentity(identity: StoredIdentity): Promise<void> {
    return this.#write({ op: 'identity', identity }, this.#fsync);
  }

  append(entries: readonly OutboxEntry[]): Promise<void> {
    return this.#write({ op: 'append', entries }, this.#fsync);
  }

  drop(seq: number, count: number): Promise<void> {
    return this.#write({ op: 'drop', seq, count }, this.#fsync);
  }

  settle(done: number): Promise<void> {
    return this.#write({ op: 'settle', done }, false);
  }

  renumber(identity: StoredIdentity, done: number): Promise<void> {
    return this.#write({ op: 'renumber', identity, done }, this.#fsync);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
    this.#release?.();
  }

  async #write(change: StoreChange, sync: boolean): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (!this.#file) throw new Error(`${this.#path} is not open`);
    const line = Buffer.from(encodeLine(change));
    try {
      await this.#file.appendFile(line);
      if (sync) await this.#file.datasync();
      this.#state.apply(change);
      this.#size += line.length;
      if (this.#size > Math.max(this.#compactBytes, 2 * this.#compactedSize)) await this.#compact();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async #compact(): Promise<void> {
    const { identity, done } = this.#state;
    const changes: StoreChange[] = [];
    if (identity) changes.push({ op: 'identity', identity });
    changes.push({ op: 'settle', done });
    const { entries } = this.#state.snapshot();
    if (entries.length > 0) changes.push({ op: 'append', entries });
    const content = Buffer.from(changes.map(encodeLine).join(''));

    const beside = `${this.#path}.new`;
    const file = await open(beside, 'w', MODE);
    try {
      await file.appendFile(content);
      await file.datasync();
      await rename(beside, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
    this.#size = this.#compactedSize = content.length;
  }
}

/** Makes a rename durable. Not every system lets a folder be synced; there the rename is as durable as that system makes it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
