/**
 * The lines of a file store. Each is one change with a checksum before it:
 *
 *   <CRC-32 of the JSON, 8 hex digits> <space> <JSON> <newline>
 *
 * A last line without its newline is a torn write: it was never confirmed and is cut off. Any other line that does not pass is damage; what
 * stands from there on is not believed.
 */
import { crc32 } from 'node:zlib';
import type { StoreChange } from './store-state.ts';

const SUM_LENGTH = 8;

export function encodeLine(change: StoreChange): string {
  const json = JSON.stringify(change);
  return `${checksum(json)} ${json}\n`;
}

export interface JournalContent {
  changes: StoreChange[];
  /** Where what was understood ends, bytes. */
  end: number;
  /** What is wrong with what follows, where that is more than a torn last line. */
  damaged?: string;
}

export function decodeLines(bytes: Buffer): JournalContent {
  const changes: StoreChange[] = [];
  let at = 0;
  for (;;) {
    const newline = bytes.indexOf(10, at);
    if (newline < 0) return { changes, end: at };
    const change = decodeLine(bytes.toString('utf8', at, newline));
    if (!change) return { changes, end: at, damaged: `line ${changes.length + 1} does not match its checksum` };
    changes.push(change);
    at = newline + 1;
  }
}

function decodeLine(line: string): StoreChange | null {
  const json = line.slice(SUM_LENGTH + 1);
  if (line[SUM_LENGTH] !== ' ' || line.slice(0, SUM_LENGTH) !== checksum(json)) return null;
  return JSON.parse(json) as StoreChange;
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(SUM_LENGTH, '0');
}
