/** Reads a log of sessions, whatever its form: events as NDJSON or JSON, or a table of clicks; each also as gzip. */
import { SessionLog } from '../../server/recommend/evaluate/session-log.ts';
import { Catalogue, loadCatalogue } from '../../workers/catalogue.ts';
import { CommandError } from '../errors.ts';
import { readClickTable } from './click-table.ts';
import type { ColumnFlags, Layout } from './columns.ts';
import { readEventArray, readEventLines } from './event-lines.ts';
import { openInput } from './input.ts';

export interface ReadFlags extends ColumnFlags {
  /** File with artists and genres of tracks, for events that do not carry them. */
  catalogue?: string;
}

export interface ReadLog {
  log: SessionLog;
  /** Of a table. */
  layout?: Layout;
}

/** Sorted by event time. Throws CommandError. */
export async function readLog(file: string, flags: ReadFlags, log = new SessionLog()): Promise<ReadLog> {
  const input = await openInput(file);
  const first = input.head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()[0];
  const catalogue = flags.catalogue === undefined ? new Catalogue() : loadCatalogue(flags.catalogue);
  let layout: Layout | undefined;
  if (first === '{') await readEventLines(input, file, catalogue, log);
  else if (first === '[') await readEventArray(input, file, catalogue, log);
  else layout = await readClickTable(input, file, flags, log);
  if (log.size === 0) throw new CommandError(`${file} has no clicks`, 'There is nothing to evaluate.');
  log.sort();
  return { log, layout };
}
