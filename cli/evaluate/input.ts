/** A file as bytes, unpacked if it is gzip, with a look at its beginning. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandError, fileError } from '../errors.ts';

const GZIP = [0x1f, 0x8b];
/** What is looked at. */
const HEAD_BYTES = 64 * 1024;

export interface Input {
  /** The first bytes, at most 64 KiB. */
  head: Buffer;
  /** Everything, the head again included. */
  bytes: AsyncIterable<Buffer>;
}

/** `-` is standard input. Throws CommandError. */
export async function openInput(name: string): Promise<Input> {
  const raw = guarded(name === '-' ? process.stdin : createReadStream(name), name);
  const packed = await peek(raw, GZIP.length);
  if (!packed.head.subarray(0, 2).equals(Buffer.from(GZIP))) return peek(packed.bytes, HEAD_BYTES);
  const source = Readable.from(packed.bytes);
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error));
  return peek(guarded(source.pipe(unpacked), name), HEAD_BYTES);
}

/** Errors become sentences. */
async function* guarded(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer, void> {
  try {
    yield* stream;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code.startsWith('Z_')) throw new CommandError(`${name} is no whole gzip file`, 'Fetch or pack it again.');
    throw fileError(error, name, 'read');
  }
}

/** At least `length` bytes of the beginning, if there are so many. */
async function peek(stream: AsyncIterable<Buffer>, length: number): Promise<Input> {
  const source = stream[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let seen = 0;
  for (; seen < length; seen += chunks.at(-1)!.length) {
    const next = await source.next();
    if (next.done) break;
    chunks.push(next.value);
  }
  const rest = { [Symbol.asyncIterator]: () => source };
  return { head: Buffer.concat(chunks).subarray(0, Math.max(length, HEAD_BYTES)), bytes: joined(chunks, rest) };
}

async function* joined(chunks: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield* chunks;
  yield* rest;
}
