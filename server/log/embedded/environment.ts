/** The LMDB environment of a data directory and its databases, opened for the one writer or for a reader. */
import { type Database, open, type RootDatabase } from 'lmdb';
import { isLmdbError } from '../../lmdb/fault.ts';
import { checkData, hasData, withFolder } from '../../lmdb/folder.ts';
import { LogError } from '../error.ts';
import { IDENTITY_KEY, LAYOUT_FORMAT, LAYOUT_KEY, type Layout } from './layout.ts';

export type Table = Database<Buffer, Buffer>;

export interface Environment {
  dir: string;
  root: RootDatabase<Buffer, Buffer>;
  /** Its values have versions. */
  meta: Table;
  streams: Table;
  entries: Table;
  producers: [Table, Table];
  ids: [Table, Table];
}

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** Opens or creates the data for writing. Throws LogError `misconfigured` where the directory cannot be used. */
export function openForWriting(dir: string): Environment {
  return explained(dir, () => withFolder(dir, () => openTables(dir, false)));
}

/** Opens existing data for reading, beside a server that writes it. Throws LogError `misconfigured` where there is none. */
export function openForReading(dir: string): Environment {
  if (!hasData(dir)) throw new LogError('misconfigured', `there is no log in ${dir}`);
  return explained(dir, () => {
    checkData(dir);
    return openTables(dir, true);
  });
}

function openTables(dir: string, readOnly: boolean): Environment {
  // Without overlapping sync a transaction is synced before it can be seen, and its promise says that it is durable.
  // A path with a dot would otherwise be taken for a file's name. Batches of an event turn have a promise that nobody can catch.
  const root = open<Buffer, Buffer>({
    ...BINARY,
    path: dir,
    noSubdir: false,
    overlappingSync: false,
    maxDbs: 12,
    eventTurnBatching: false,
    readOnly,
  });
  const table = (name: string, useVersions = false): Table => {
    const database: Table | undefined = root.openDB(name, { ...BINARY, useVersions });
    if (!database) throw new Error(`it has no ${name}`);
    return database;
  };
  try {
    return {
      dir,
      root,
      meta: table('meta', true),
      streams: table('streams'),
      entries: table('entries'),
      producers: [table('producers-0'), table('producers-1')],
      ids: [table('ids-0'), table('ids-1')],
    };
  } catch (error) {
    void root.close();
    throw error;
  }
}

function explained<T>(dir: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LogError('misconfigured', `the log in ${dir} cannot be opened: ${reason}`, { cause: error });
  }
}

/** What LMDB itself throws, which has a number for a code, as LogError `unavailable`; anything else as it is. */
export function asLogError(error: unknown): unknown {
  if (!isLmdbError(error)) return error;
  return new LogError('unavailable', `the data cannot be read: ${error.message}`, { cause: error });
}

/** Runs a read. Throws LogError `unavailable` where LMDB cannot answer. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asLogError(error);
  }
}

/** What the data says about itself, or undefined where it is new. Throws LogError `misconfigured` for a format of another version. */
export function readLayout({ meta, dir }: Environment): Layout | undefined {
  const layout = readJson<Layout>(meta, LAYOUT_KEY);
  if (layout && layout.format !== LAYOUT_FORMAT) {
    throw new LogError(
      'misconfigured',
      `the log in ${dir} has format ${layout.format}, this version reads ${LAYOUT_FORMAT}`,
    );
  }
  return layout;
}

/** Empty for data that no server of this version has opened yet. */
export function readIdentity({ meta }: Environment): string {
  return meta.get(IDENTITY_KEY)?.toString() ?? '';
}

export function readJson<T>(meta: Table, key: Buffer): T | undefined {
  const value = meta.get(key);
  return value && JSON.parse(value.toString());
}
export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Bytes of the data file that are free to be used again, as far as LMDB's own figures tell. */
export function reusableBytes(environment: Environment): number {
  const { root, meta, streams, entries, producers, ids } = environment;
  let used = 2;
  for (const table of [root, meta, streams, entries, ...producers, ...ids]) used += pages(statsOf(table));
  const { pageSize, lastPageNumber, free } = statsOf(root) as TableStats & { free: TreeStats; lastPageNumber: number };
  return Math.max(0, lastPageNumber + 1 - used - pages(free)) * pageSize;
}

export function entryCount(table: Table): number {
  return statsOf(table).entryCount;
}

interface TreeStats {
  treeBranchPageCount: number;
  treeLeafPageCount: number;
  overflowPages: number;
}
interface TableStats extends TreeStats {
  pageSize: number;
  entryCount: number;
}
function statsOf(table: Table): TableStats {
  return table.getStats() as TableStats;
}
function pages({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}
