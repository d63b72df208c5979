/** NDJSON as numbered lines, in constant memory whatever the size of the file or of a line. */
import { isUtf8 } from 'node:buffer';

/** Longer lines are no events; they are counted and skipped without being kept. */
export const LINE_MAX_BYTES = 1024 * 1024;
const NEWLINE = 10;

/** A line's text, or why it has none. */
export type RawLine = string | { fault: 'not_utf8' | 'too_long' };

export interface LineBatch {
  /** The number of its first line; lines count from 1. */
  first: number;
  /** Where its first line begins, in bytes from the beginning. */
  offset: number;
  lines: RawLine[];
}

/** Lines end with LF or CRLF; what follows the last one is a line if it is not empty. A byte order mark is left out. */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  start = { first: 1, offset: 0 },
): AsyncGenerator<LineBatch> {
  let { first, offset } = start;
  let carry: Buffer[] = [];
  let carried = 0;
  /** Inside a line that is too long: its bytes are counted, not kept. */
  let skipped = 0;

  const batch = (whole: Buffer): LineBatch => {
    const lines = split(whole);
    const result = { first, offset, lines };
    if (first === 1 && typeof lines[0] === 'string') lines[0] = lines[0].replace(/^\ufeff/, '');
    first += lines.length;
    offset += whole.length + 1;
    return result;
  };

  for await (const chunk of chunks) {
    let from = 0;
    if (skipped > 0) {
      const end = chunk.indexOf(NEWLINE);
      skipped += end < 0 ? chunk.length : end;
      if (end < 0) continue;
      yield { first, offset, lines: [{ fault: 'too_long' }] };
      first++;
      offset += skipped + 1;
      skipped = 0;
      from = end + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= from) {
      yield batch(Buffer.concat([...carry, chunk.subarray(from, last)]));
      carry = [];
      carried = 0;
      from = last + 1;
    }
    if (from < chunk.length) {
      // The stream may reuse its memory.
      carry.push(Buffer.from(chunk.subarray(from)));
      carried += chunk.length - from;
    }
    if (carried > LINE_MAX_BYTES) {
      skipped = carried;
      carry = [];
      carried = 0;
    }
  }
  if (skipped > 0) yield { first, offset, lines: [{ fault: 'too_long' }] };
  else if (carried > 0) yield batch(Buffer.concat(carry));
}

function split(whole: Buffer): RawLine[] {
  if (!isUtf8(whole)) return splitOneByOne(whole);
  const lines = whole.toString('utf8').split('\n');
  if (whole.length <= LINE_MAX_BYTES) return lines;
  return lines.map((line) => (Buffer.byteLength(line) > LINE_MAX_BYTES ? { fault: 'too_long' } : line));
}

function splitOneByOne(whole: Buffer): RawLine[] {
  const lines: RawLine[] = [];
  for (let from = 0; from <= whole.length; ) {
    const next = whole.indexOf(NEWLINE, from);
    const line = whole.subarray(from, next < 0 ? whole.length : next);
    if (line.length > LINE_MAX_BYTES) lines.push({ fault: 'too_long' });
    else lines.push(isUtf8(line) ? line.toString('utf8') : { fault: 'not_utf8' });
    from += line.length + 1;
  }
  return lines;
}
