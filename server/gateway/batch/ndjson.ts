/** One event a line. The other fields stand in the query. Whether a line is JSON is judged event by event, later. */
import { type Batch, BatchError } from './batch.ts';
import { checkCount, readFields } from './fields.ts';

const NEWLINE = 0x0a;
const QUERY_FIELDS = ['producer', 'epoch', 'first', 'done', 'clock'] as const;

/** Throws BatchError. */
export function parseNdjsonBatch(body: Uint8Array, query: string): Batch {
  const parameters = new URLSearchParams(query);
  const given = new Map<string, unknown>();
  for (const name of QUERY_FIELDS) {
    const values = parameters.getAll(name);
    if (values.length > 1) throw new BatchError(`${name} comes twice.`);
    if (values[0] !== undefined) given.set(name, name === 'producer' ? values[0] : toNumber(values[0]));
  }
  const count = countLines(body);
  checkCount(count);
  return { ...readFields(given, count, 0), events: { format: 'ndjson', bytes: body, count } };
}

function toNumber(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}

/** Lines that hold more than white space. */
export function countLines(body: Uint8Array): number {
  // A Buffer looks for a byte many times faster than a loop does.
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  let lines = 0;
  for (let at = 0; at < bytes.length; at++) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    while (at < end && isSpace(bytes[at]!)) at++;
    if (at < end) lines++;
    at = end;
  }
  return lines;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
