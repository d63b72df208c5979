/** A file of events as one unchanging thing: opened once, its producer made from its content. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { CommandError, fileError } from '../errors.ts';
import { type LineBatch, readLines } from './lines.ts';

const CHUNK_BYTES = 256 * 1024;
const PRODUCER_HASH_LENGTH = 26;

export class EventFile {
  readonly name: string;
  readonly size: number;
  private readonly handle: FileHandle;
  private readonly modifiedMs: number;

  private constructor(name: string, handle: FileHandle, size: number, modifiedMs: number) {
    this.name = name;
    this.handle = handle;
    this.size = size;
    this.modifiedMs = modifiedMs;
  }

  static async open(name: string): Promise<EventFile> {
    const handle = await open(name, 'r').catch((error) => {
      throw fileError(error, name, 'read');
    });
    const stat = await handle.stat();
    if (stat.isFile()) return new EventFile(name, handle, stat.size, stat.mtimeMs);
    await handle.close();
    if (stat.isDirectory()) throw fileError({ code: 'EISDIR' }, name, 'read');
    throw new CommandError(
      `${name} is not a regular file, so it cannot be read twice`,
      `Give it on standard input with a name for its producer: gapless send - --producer my-events < ${name}`,
    );
  }

  /** `file-` and the beginning of the content's SHA-256: the same content is the same producer. */
  async producer(): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of this.bytes()) hash.update(chunk);
    return `file-${hash.digest('hex').slice(0, PRODUCER_HASH_LENGTH)}`;
  }

  lines(): AsyncGenerator<LineBatch> {
    return readLines(this.bytes());
  }

  /** The batches from a line that begins at `offset` on. */
  linesFrom(first: number, offset: number): AsyncGenerator<LineBatch> {
    return readLines(this.bytes(offset), { first, offset });
  }

  /** Only what was there when it was opened. */
  private bytes(from = 0): AsyncIterable<Buffer> {
    return chunksOf(this.handle, from, this.size);
  }

  /** Throws if somebody wrote to the file meanwhile: its lines would not be what its producer stands for. */
  async assertUnchanged(): Promise<void> {
    const { size, mtimeMs } = await this.handle.stat();
    if (size === this.size && mtimeMs === this.modifiedMs) return;
    throw new CommandError(
      `${this.name} was changed while it was read`,
      'Run the command again once nobody writes to it.',
    );
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

async function* chunksOf(handle: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
