/**
 * Keys that are remembered for at least a time after they were last written, in two tables: the current one is written, both are
 * read. When the current one has been current for that time the other one is emptied and takes its place.
 */

import type { Changes } from './changes.ts';
import { type Environment, encodeJson, entryCount, readJson, type Table } from './environment.ts';

interface Turn {
  /** Which of the two tables is written. */
  current: 0 | 1;
  /** ms since 1970. */
  since: number;
}

export class Generations {
  private readonly key: Buffer;
  private readonly meta: Table;
  private readonly tables: readonly [Table, Table];
  private turn: Turn = { current: 0, since: 0 };

  constructor(environment: Environment, name: 'producers' | 'ids') {
    this.key = Buffer.from(name);
    this.meta = environment.meta;
    this.tables = environment[name];
    this.refresh();
  }

  /** Reads from the data whose turn it is. */
  refresh(): void {
    this.turn = readJson<Turn>(this.meta, this.key) ?? this.turn;
  }

  private get current(): Table {
    return this.tables[this.turn.current];
  }
  private get previous(): Table {
    return this.tables[this.turn.current === 0 ? 1 : 0];
  }

  get(key: Buffer): Buffer | undefined {
    return this.current.get(key) ?? this.previous.get(key);
  }

  has(key: Buffer): boolean {
    return this.current.doesExist(key) || this.previous.doesExist(key);
  }

  /** Keys and values of a range; a key of both tables only as the current one has it. */
  range(range: { start: Buffer; end: Buffer }): Map<string, { key: Buffer; value: Buffer }> {
    const found = new Map<string, { key: Buffer; value: Buffer }>();
    for (const table of [this.previous, this.current]) {
      for (const { key, value } of table.getRange(range)) found.set(key.toString('latin1'), { key, value });
    }
    return found;
  }

  get size(): number {
    return entryCount(this.tables[0]) + entryCount(this.tables[1]);
  }

  /** A key stands in one of the tables only, so that they can be counted. */
  put(changes: Changes, key: Buffer, value: Buffer): void {
    changes.put(this.current, key, value);
    if (this.previous.doesExist(key)) changes.remove(this.previous, key);
  }

  /** For a key that is known not to be in the previous table. */
  write(changes: Changes, key: Buffer, value: Buffer): void {
    changes.put(this.current, key, value);
  }

  /** Whether it is time to forget; `start` must have been written. */
  isDue(now: number, rememberMs: number): boolean {
    return now >= this.turn.since + rememberMs;
  }

  start(changes: Changes, now: number): void {
    changes.put(this.meta, this.key, encodeJson({ current: 0, since: now } satisfies Turn));
  }

  /** Call `refresh` when the changes are written. */
  forget(changes: Changes, now: number): void {
    changes.clear(this.previous);
    const turn: Turn = { current: this.turn.current === 0 ? 1 : 0, since: now };
    changes.put(this.meta, this.key, encodeJson(turn));
  }
}
