/** Writes synthetic events as NDJSON, and catalogues as CSV. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { SyntheticEvent } from '../../loadtest/listeners/index.ts';
import { fileError } from '../errors.ts';
import { LineWriter } from '../output.ts';

/** Where the output ends: after so many events, or before this time of the listeners. */
export interface Extent {
  events: number;
  endMs: number;
}
export interface Written {
  events: number;
  /** When the last one happened. */
  lastMs: number;
}

export async function writeEvents(
  source: Iterable<SyntheticEvent>,
  extent: Extent,
  name: string,
  signal: AbortSignal,
): Promise<Written> {
  const written = { events: 0, lastMs: 0 };
  await toFile(name, async (writer) => {
    if (extent.events === 0) return;
    for (const { atMs, event } of source) {
      if (atMs >= extent.endMs) return;
      writer.push(`${JSON.stringify(event)}\n`);
      written.events++;
      written.lastMs = atMs;
      if (written.events >= extent.events) return;
      if (!writer.full) continue;
      await writer.flush();
      // A pipe takes what it is given at once; without a turn of the event loop no signal would ever be heard.
      await new Promise(setImmediate);
      if (signal.aborted) return;
    }
  });
  return written;
}

export async function writeLines(lines: Iterable<string>, name: string): Promise<void> {
  await toFile(name, async (writer) => {
    for (const line of lines) {
      writer.push(line);
      if (writer.full) await writer.flush();
    }
  });
}

/** `-` is standard output. */
async function toFile(name: string, write: (writer: LineWriter) => Promise<void>): Promise<void> {
  if (name === '-') {
    const writer = new LineWriter();
    await write(writer);
    return writer.flush();
  }
  const stream = createWriteStream(name);
  // Every failure also rejects what is awaited below; this keeps one that comes in between from ending the process.
  stream.on('error', () => undefined);
  try {
    await once(stream, 'open');
    const writer = new LineWriter(stream);
    await write(writer);
    await writer.flush();
    stream.end();
    await finished(stream);
  } catch (error) {
    stream.destroy();
    throw fileError(error, name, 'write');
  }
}
