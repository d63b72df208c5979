/**
 * An LMDB environment of the embedded engines that stand beside the log. Several threads and processes may have it open, and write.
 *
 * Every transaction is synced before it can be seen: what can be read is durable, and after a crash a transaction is there as a whole or
 * not at all. Transactions are conditional writes (`ifVersion`), never callbacks: LMDB's lock is not held while this thread is busy, and
 * nothing can throw halfway. A process that dies with the lock leaves it to the next one (robust mutex); one that is stopped just then
 * keeps the other writers waiting until it goes on or is ended.
 */
import { type Database, open, type RootDatabase } from 'lmdb';
import { StoreError } from '../features/error.ts';
import { isLmdbError } from './fault.ts';
import { isMade, withFolder } from './folder.ts';
import { FreeSpace } from './free-space.ts';
import { Writer } from './writer.ts';

export type Table = Database<Buffer, Buffer>;

const FORMAT_KEY = Buffer.from('format');

/** What an environment holds. The first table has the format in it. */
export interface Layout {
  /** For messages: 'features'. */
  name: string;
  format: string;
  /** By name; true where values have versions. */
  tables: Readonly<Record<string, boolean>>;
}

export interface EnvironmentOptions {
  /** Made by the first writer. */
  dir: string;
  /** Nothing is written while the disk has less free space than this, bytes; default 32 MiB. */
  minFreeBytes?: number;
}

const MIN_FREE_BYTES = 32 * 1024 * 1024;

export class Environment {
  readonly dir: string;
  readonly name: string;
  private readonly root: RootDatabase<Buffer, Buffer>;
  private readonly tables: ReadonlyMap<string, Table>;
  private readonly writer: Writer;
  private readonly underWay = new Set<Promise<unknown>>();
  private closing: Promise<void> | null = null;

  private constructor(
    root: RootDatabase<Buffer, Buffer>,
    options: EnvironmentOptions,
    layout: Layout,
    create: boolean,
  ) {
    this.dir = options.dir;
    this.name = layout.name;
    this.root = root;
    this.tables = openTables(root, layout, create);
    this.writer = new Writer(options.dir, new FreeSpace(options.dir, options.minFreeBytes ?? MIN_FREE_BYTES));
  }

  /** Opens or makes it. Throws StoreError `misconfigured`, or what `write` throws. */
  static async open(options: EnvironmentOptions, layout: Layout): Promise<Environment> {
    const environment = await Environment.try(options, layout, true);
    return environment.orClose(async () => {
      const first = environment.firstTable;
      const format = Buffer.from(layout.format);
      if (!first.doesExist(FORMAT_KEY)) {
        await environment.write(0, () => first.ifNoExists(FORMAT_KEY, () => void first.put(FORMAT_KEY, format, 1)));
      }
      environment.mustHaveFormat(layout);
      return environment;
    });
  }

  /**
   * Opens it for reading; null while there is none. Throws StoreError `misconfigured`. Not as LMDB's read-only environment: threads of a
   * process share one, and a writer that is opened later would get that.
   */
  static async openExisting(options: EnvironmentOptions, layout: Layout): Promise<Environment | null> {
    if (!isMade(options.dir)) return null;
    const environment = await Environment.try(options, layout, false);
    return environment.orClose(async () => {
      const isComplete = Object.keys(layout.tables).every((name) => environment.tables.has(name));
      if (isComplete && environment.firstTable.doesExist(FORMAT_KEY)) {
        environment.mustHaveFormat(layout);
        return environment;
      }
      // Its writer has only just begun.
      await environment.close();
      return null;
    });
  }

  private static async try(options: EnvironmentOptions, layout: Layout, create: boolean): Promise<Environment> {
    const { dir } = options;
    try {
      const root = withFolder(dir, () => openRoot(dir));
      try {
        return new Environment(root, options, layout, create);
      } catch (error) {
        await root.close();
        throw error;
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StoreError('misconfigured', `the ${layout.name} in ${dir} cannot be opened: ${reason}`, {
        cause: error,
      });
    }
  }

  /** One of the layout's. */
  table(name: string): Table {
    return this.tables.get(name)!;
  }

  /** Runs a read of what stands now. Throws StoreError `closed`, or `unavailable` where LMDB cannot answer. */
  read<T>(read: () => T): T {
    this.mustBeOpen();
    try {
      this.root.resetReadTxn();
      return read();
    } catch (error) {
      if (!isLmdbError(error)) throw error;
      throw new StoreError('unavailable', `the ${this.name} cannot be read: ${error.message}`, { cause: error });
    }
  }

  /**
   * Runs a conditional write of about so many bytes; resolves when it is durable, with whether its condition held.
   * Throws StoreError `closed`, `unavailable` or `in_doubt`.
   */
  async write(bytes: number, write: () => Promise<boolean>): Promise<boolean> {
    this.mustBeOpen();
    const written = this.writer.write(bytes, write);
    this.underWay.add(written);
    try {
      return await written;
    } finally {
      this.underWay.delete(written);
    }
  }

  /** Waits for what is being written. A second call waits for the first. */
  close(): Promise<void> {
    this.closing ??= Promise.allSettled(this.underWay).then(() => this.root.close());
    return this.closing;
  }

  private mustBeOpen(): void {
    if (this.closing) throw new StoreError('closed', `the store of the ${this.name} is closed`);
  }

  private get firstTable(): Table {
    return [...this.tables.values()][0]!;
  }

  private mustHaveFormat({ name, format }: Layout): void {
    const found = this.read(() => this.firstTable.get(FORMAT_KEY)?.toString());
    if (found === format) return;
    throw new StoreError(
      'misconfigured',
      `the ${name} in ${this.dir} have format ${found}, this version reads ${format}`,
    );
  }

  private async orClose<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

function openRoot(dir: string): RootDatabase<Buffer, Buffer> {
  // A path with a dot would otherwise be taken for a file's name. Batches of an event turn have a promise that nobody can catch.
  return open<Buffer, Buffer>({
    ...BINARY,
    path: dir,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
  });
}

/** Those that there are, or all. */
function openTables(root: RootDatabase<Buffer, Buffer>, layout: Layout, create: boolean): Map<string, Table> {
  const tables = new Map<string, Table>();
  for (const [name, useVersions] of Object.entries(layout.tables)) {
    const options = { ...BINARY, useVersions, create };
    const table: Table | undefined = root.openDB(name, options);
    if (table) tables.set(name, table);
  }
  return tables;
}
