/**
 * A command whose large arguments go to the socket as they are. ioredis makes one new buffer of all arguments, and V8 answers a stream of
 * large new buffers with one full collection after the other, however small the heap is. Its arguments must stand until it is answered;
 * where it fails they may be on their way for longer.
 *
 * Not for pipelines, which keep what `toWritable` returns and write it later.
 */
import type { Writable } from 'node:stream';
import { Command } from 'ioredis';

/** Below this a copy costs less than a write of its own. */
const LARGE_BYTES = 16 * 1024;

type Argument = string | Buffer;

export class UncopiedCommand extends Command {
  override toWritable(socket: object): Buffer {
    const stream = socket as Writable;
    const parts = serialize([this.name, ...(this.args as Argument[])]);
    // All parts leave together: ioredis writes the last one, and then the socket is uncorked.
    const last = parts.pop()!;
    stream.cork();
    for (const part of parts) stream.write(part);
    process.nextTick(() => stream.uncork());
    return last;
  }
}

/** A request of RESP, an array of bulk strings; each large argument is a part of its own, and everything between two of them one. */
export function serialize(args: readonly Argument[]): Buffer[] {
  const parts: Buffer[] = [];
  let small: Buffer[] = [];
  let text = `*${args.length}\r\n`;
  const endText = (): void => {
    if (text !== '') small.push(Buffer.from(text));
    text = '';
  };
  for (const arg of args) {
    text += `$${Buffer.byteLength(arg)}\r\n`;
    if (typeof arg === 'string') text += arg;
    else {
      endText();
      if (arg.length < LARGE_BYTES) small.push(arg);
      else {
        parts.push(Buffer.concat(small), arg);
        small = [];
      }
    }
    text += '\r\n';
  }
  endText();
  parts.push(Buffer.concat(small));
  return parts;
}
