/** Which columns of a click log say what: by their names, by what was asked for, or by what stands in the first line. */
import { CommandError } from '../errors.ts';
import { parseTime } from './times.ts';

export type Role = 'session' | 'item' | 'time' | 'offset' | 'user' | 'artist' | 'genre';

/** Where each role stands; -1 for one that the log does not have. */
export type Columns = Record<Role, number>;

/** Names of columns, or their numbers from 1 up where the file has no header. */
export interface ColumnFlags {
  sessionColumn?: string;
  itemColumn?: string;
  timeColumn?: string;
}

/** Names as logs have them, without case and without what is no letter or digit; the first one that is there counts. */
const NAMES: Record<Role, readonly string[]> = {
  session: ['sessionid', 'session', 'sessid', 'sid', 'visitid'],
  item: ['itemid', 'item', 'trackid', 'track', 'productid', 'product', 'aid', 'songid', 'articleid', 'sku'],
  time: ['timestamp', 'time', 'ts', 'datetime', 'eventtime', 'eventdate', 'date', 'createdat', 'timeframe'],
  // Diginetica: ms since the session began, beside a date without a time.
  offset: ['timeframe'],
  user: ['userid', 'user', 'visitorid'],
  artist: ['artist', 'artistname', 'brand'],
  genre: ['genre', 'category', 'categoryid'],
};
const FLAGS = { session: 'sessionColumn', item: 'itemColumn', time: 'timeColumn' } as const;

export interface Layout {
  columns: Columns;
  /** Whether the first line only names the columns. */
  header: boolean;
}

/** From the first line. Throws CommandError where it cannot be told. */
export function layoutOf(cells: readonly string[], flags: ColumnFlags, file: string): Layout {
  const given = Object.values(FLAGS).filter((flag) => flags[flag] !== undefined);
  if (given.length === 3 && given.every((flag) => /^\d+$/.test(flags[flag]!) && !cells.includes(flags[flag]!))) {
    return { columns: byNumber(cells, flags, file), header: false };
  }
  const columns = byName(cells, flags, file);
  const missing = (Object.keys(FLAGS) as (keyof typeof FLAGS)[]).filter((role) => columns[role] < 0);
  if (missing.length === 0) return { columns, header: true };
  const unnamed = given.length === 0 && missing.length === 3 ? byContent(cells) : null;
  if (unnamed !== null) return { columns: unnamed, header: false };
  throw new CommandError(
    `${file} line 1: no column for the ${missing.join(', the ')}`,
    `The columns are: ${cells.join(', ').slice(0, 300)}\nSay which it is: ${missing.map((role) => `--${role}-column NAME`).join(' ')}`,
  );
}

function byName(cells: readonly string[], flags: ColumnFlags, file: string): Columns {
  const plain = cells.map((cell) => cell.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const columns = none();
  for (const role of Object.keys(NAMES) as Role[]) {
    const named = NAMES[role].find((name) => plain.includes(name));
    if (named !== undefined) columns[role] = plain.indexOf(named);
  }
  for (const [role, flag] of Object.entries(FLAGS) as [keyof typeof FLAGS, keyof ColumnFlags][]) {
    const name = flags[flag];
    if (name === undefined) continue;
    columns[role] = cells.indexOf(name);
    if (columns[role] < 0) {
      throw new CommandError(`${file} line 1: no column ${name}`, `The columns are: ${cells.join(', ').slice(0, 300)}`);
    }
  }
  if (columns.offset === columns.time) columns.offset = -1;
  return columns;
}

function byNumber(cells: readonly string[], flags: ColumnFlags, file: string): Columns {
  const columns = none();
  for (const [role, flag] of Object.entries(FLAGS) as [keyof typeof FLAGS, keyof ColumnFlags][]) {
    columns[role] = Number(flags[flag]) - 1;
    if (columns[role] >= 0 && columns[role] < cells.length) continue;
    throw new CommandError(`${file} line 1: no column ${flags[flag]}`, `There are ${cells.length}, counted from 1.`);
  }
  return columns;
}

/** Files without a header are usually `session, time, item` or `session, item, time`. */
function byContent(cells: readonly string[]): Columns | null {
  const isTime = (cell: string | undefined): boolean => cell !== undefined && parseTime(cell) >= Date.UTC(1990, 0, 1);
  if (cells.length < 3) return null;
  // Where both could be a time, a date is more likely one than a number, and the second column more likely than the third.
  const dates = [1, 2].filter((column) => isTime(cells[column]) && !/^\d+$/.test(cells[column]!));
  const time = dates[0] ?? [1, 2].find((column) => isTime(cells[column]));
  return time === undefined ? null : { ...none(), session: 0, time, item: 3 - time };
}

function none(): Columns {
  return { session: -1, item: -1, time: -1, offset: -1, user: -1, artist: -1, genre: -1 };
}
