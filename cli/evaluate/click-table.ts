/** Clicks from a table: CSV, tab or semicolon separated, one click a line. */
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { SessionLog } from '../../server/recommend/evaluate/session-log.ts';
import { CommandError } from '../errors.ts';
import { type ColumnFlags, type Columns, type Layout, layoutOf } from './columns.ts';
import type { Input } from './input.ts';
import { parseTime } from './times.ts';

const DELIMITERS = ['\t', ';', ','] as const;
/** Longer lines are no clicks. */
const MAX_LINE = 64 * 1024;

interface Row {
  record: string[];
  info: { lines: number };
}

/** Throws CommandError with the number of the line that cannot be read. Answers how its columns were understood. */
export async function readClickTable(
  { head, bytes }: Input,
  file: string,
  flags: ColumnFlags,
  log: SessionLog,
): Promise<Layout> {
  const rows = parse({
    ...{ bom: true, info: true, trim: true, skip_empty_lines: true, relax_column_count: true, relax_quotes: true },
    delimiter: delimiterOf(head.toString('utf8')),
    max_record_size: MAX_LINE,
  });
  const source = Readable.from(bytes);
  source.on('error', (error) => rows.destroy(error));
  let layout: Layout | undefined;
  try {
    for await (const { record, info } of source.pipe(rows) as AsyncIterable<Row>) {
      if (layout === undefined) {
        layout = layoutOf(record, flags, file);
        if (layout.header) continue;
      }
      addClick(record, layout.columns, `${file} line ${info.lines}`, log);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code = '', lines } = error as { code?: string; lines?: number };
    if (!code.startsWith('CSV_')) throw error;
    throw new CommandError(
      `${file} line ${lines}: ${(error as Error).message}`,
      'Put it right, or leave the line out.',
    );
  } finally {
    source.destroy();
  }
  if (layout === undefined) throw new CommandError(`${file} is empty`, 'Give a file with a line for each click.');
  return layout;
}

/** What stands most often in the first line. */
function delimiterOf(head: string): string {
  const line = head.trimStart().split('\n', 1)[0]!;
  const count = (delimiter: string): number => line.split(delimiter).length;
  return DELIMITERS.reduce((best, each) => (count(each) > count(best) ? each : best));
}

function addClick(cells: readonly string[], columns: Columns, where: string, log: SessionLog): void {
  const session = cells[columns.session] ?? '';
  const track = cells[columns.item] ?? '';
  if (session === '') throw new CommandError(`${where}: no session`, LEAVE_OUT);
  if (track === '') throw new CommandError(`${where}: no item`, LEAVE_OUT);
  const at = parseTime(cells[columns.time] ?? '') + (columns.offset < 0 ? 0 : Number(cells[columns.offset]));
  if (!Number.isFinite(at)) {
    throw new CommandError(
      `${where}: no time`,
      'It has to be in seconds, milliseconds or microseconds since 1970, or a date like 2026-01-31T12:00:00Z.',
    );
  }
  const user = cells[columns.user] || session;
  log.add({
    ...{ kind: 'play', user, session, track, at },
    artist: cells[columns.artist] || undefined,
    genre: cells[columns.genre] || undefined,
  });
}

const LEAVE_OUT = 'Put it right, or leave the line out.';
