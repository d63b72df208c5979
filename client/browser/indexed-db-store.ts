/// <reference lib="dom" />
/**
 * Outbox stores in IndexedDB: one for each page of an origin that is open at the same time.
 *
 * Layout: a database with two object stores: `outboxes`, {identity, done} by the outbox's number; `events`, one record an event, by
 *   [outbox, sequence number].
 * Ownership: an outbox belongs to the page that holds its Web Lock, which ends with the page however that ends. `load` takes the first
 *   outbox whose lock is free; a duplicated page copies neither lock nor number. What is left in the others, `adopt.ts` sends.
 * Durability: changes are committed under `strict` durability where the browser knows it, so they survive a power cut; `settle` is not,
 *   losing it costs a resend. Transactions are told to commit at once: until then a page that ends takes them along.
 * The last moment: of several transactions that a page begins while it ends, browsers finish the first only. So `spill` puts entries into
 *   localStorage, which is done when the call returns; `load` adds those that are missing. A page that ended before it had an outbox leaves
 *   entries for whoever comes next.
 * Failure: a full disk or deleted site data rejects the call, which ends the client (`store_failed`).
 */
import type { OutboxEntry, OutboxStore, StoredIdentity, StoredOutbox } from '../types.ts';

interface OutboxRecord {
  identity?: StoredIdentity;
  done: number;
}

interface Spilled {
  epoch?: number;
  entries: OutboxEntry[];
}

/** The name stands for one account on one server: what is kept goes out with the token of whoever opens it next. */
export function indexedDbStore(name: string): OutboxStore {
  return new IndexedDbStore(`gapless:${name}`);
}

export class IndexedDbStore implements OutboxStore {
  /** Is told when `load` has taken an outbox, which others can see then. */
  onOpen: (() => void) | null = null;
  readonly #name: string;
  readonly #held: number;
  #db: IDBDatabase | null = null;
  #outbox = 0;
  /** Where entries are spilled to. */
  #spillKey: string;
  #hasSpilled = false;
  #release: (() => void) | null = null;
  #record: OutboxRecord = { done: 0 };

  /** `held`: an outbox whose lock the caller holds. */
  constructor(name: string, held = 0) {
    this.#name = name;
    this.#held = held;
    this.#spillKey = `${this.lockOf(0)}:${crypto.getRandomValues(new Uint32Array(2)).join('')}`;
  }

  async load(): Promise<StoredOutbox> {
    this.#db = await openDatabase(this.#name);
    this.#outbox = this.#held;
    while (!this.#held && !this.#release) this.#release = await takeLock(this.lockOf(++this.#outbox));
    const range = eventsOf(this.#outbox);
    const [outboxes, events] = this.#stores('readonly');
    const [record = { done: 0 }, keys, values] = await Promise.all([
      resultOf<OutboxRecord | undefined>(outboxes.get(this.#outbox)),
      resultOf(events.getAllKeys(range)),
      resultOf<OutboxEntry['event'][]>(events.getAll(range)),
    ]);
    this.#record = record;
    const entries = values.map((event, i) => ({ seq: (keys[i] as [number, number])[1], event }));
    entries.push(...(await this.#takeSpilled((entries.at(-1)?.seq ?? record.done) + 1)));
    this.#spillKey = this.lockOf(this.#outbox);
    await this.settle(record.done);
    this.onOpen?.();
    return { ...record.identity, done: record.done, nextSeq: (entries.at(-1)?.seq ?? record.done) + 1, entries };
  }

  saveIdentity(identity: StoredIdentity): Promise<void> {
    this.#record.identity = identity;
    return this.#write((outboxes) => {
      outboxes.put(this.#record, this.#outbox);
      outboxes.transaction.commit();
    });
  }

  append(entries: readonly OutboxEntry[]): Promise<void> {
    return this.#write((_, events) => {
      for (const { seq, event } of entries) events.put(event, [this.#outbox, seq]);
      events.transaction.commit();
    });
  }

  drop(seq: number, count: number): Promise<void> {
    // What was spilled has other numbers now.
    if (this.#hasSpilled) localStorage.removeItem(this.#spillKey);
    this.#hasSpilled = false;
    return this.#write((_, events) => {
      events.delete(eventsOf(this.#outbox, seq, seq + count - 1));
      moveDown(events, this.#outbox, seq + count, count);
    });
  }

  settle(done: number): Promise<void> {
    this.#record.done = done;
    return this.#write((outboxes, events) => {
      outboxes.put(this.#record, this.#outbox);
      events.delete(eventsOf(this.#outbox, 0, done));
      events.transaction.commit();
    }, 'relaxed');
  }

  renumber(identity: StoredIdentity, done: number): Promise<void> {
    this.#record = { identity, done: 0 };
    return this.#write((outboxes, events) => {
      outboxes.put(this.#record, this.#outbox);
      events.delete(eventsOf(this.#outbox, 0, done));
      moveDown(events, this.#outbox, done + 1, done);
    });
  }

  spill(entries: readonly OutboxEntry[]): boolean {
    const spilled = { epoch: this.#record.identity?.epoch, entries };
    try {
      localStorage.setItem(this.#spillKey, JSON.stringify(spilled));
      this.#hasSpilled = true;
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    this.#db?.close();
    this.#db = null;
    this.#release?.();
    this.#release = null;
  }

  // The other outboxes of this database

  /** The name of an outbox's lock, and of what was spilled of it. */
  lockOf(outbox: number): string {
    return `${this.#name}:${outbox}`;
  }

  async others(): Promise<number[]> {
    const outboxes = (await resultOf(this.#stores('readonly')[0].getAllKeys())) as number[];
    return outboxes.filter((outbox) => outbox !== this.#outbox);
  }

  async hasEvents(outbox: number): Promise<boolean> {
    const count = await resultOf(this.#stores('readonly')[1].count(eventsOf(outbox)));
    return count > 0 || readSpilled(this.lockOf(outbox)) !== null;
  }

  /** Another outbox of this database, whose lock the caller holds. */
  other(outbox: number): IndexedDbStore {
    return new IndexedDbStore(this.#name, outbox);
  }

  /** Adds what pages that ended could not, from the number `next` on. */
  async #takeSpilled(next: number): Promise<OutboxEntry[]> {
    const key = this.lockOf(this.#outbox);
    const { identity } = this.#record;
    const own = readSpilled(key);
    const missing =
      own && (!identity || identity.epoch === own.epoch) ? own.entries.filter(({ seq }) => seq >= next) : [];
    const others = spilledKeys(`${this.lockOf(0)}:`);
    for (const { event } of others.flatMap((other) => readSpilled(other)?.entries ?? []))
      missing.push({ seq: next + missing.length, event });
    if (missing.length > 0) await this.append(missing);
    if (own) others.push(key);
    for (const taken of others) localStorage.removeItem(taken);
    return missing;
  }

  #stores(mode: IDBTransactionMode, durability?: IDBTransactionDurability): [IDBObjectStore, IDBObjectStore] {
    if (!this.#db) throw new Error('the store is closed');
    const transaction = this.#db.transaction(['outboxes', 'events'], mode, { durability });
    return [transaction.objectStore('outboxes'), transaction.objectStore('events')];
  }

  /** Resolves when the transaction is durable, which `work` begins, and commits unless it goes on. */
  #write(
    work: (outboxes: IDBObjectStore, events: IDBObjectStore) => void,
    durability: IDBTransactionDurability = 'strict',
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const [outboxes, events] = this.#stores('readwrite', durability);
      const { transaction } = events;
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the database was closed'));
      work(outboxes, events);
    });
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('outboxes');
    request.result.createObjectStore('events');
  };
  return resultOf(request).then((db) => {
    // Somebody wants to delete it: who writes next is told.
    db.onversionchange = () => db.close();
    return db;
  });
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function eventsOf(outbox: number, first = 0, last = Number.POSITIVE_INFINITY): IDBKeyRange {
  return IDBKeyRange.bound([outbox, first], [outbox, last]);
}

/** Gives the events from `first` on numbers that are lower by `by`. Goes on within the transaction. */
function moveDown(events: IDBObjectStore, outbox: number, first: number, by: number): void {
  if (by === 0) return;
  events.openCursor(eventsOf(outbox, first)).onsuccess = ({ target }) => {
    const cursor = (target as IDBRequest<IDBCursorWithValue | null>).result;
    if (!cursor) return;
    const [, seq] = cursor.key as [number, number];
    events.put(cursor.value, [outbox, seq - by]);
    cursor.delete();
    cursor.continue();
  };
}

function spilledKeys(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

function readSpilled(key: string): Spilled | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** Takes the lock if it is free. Resolves with what releases it, or null. */
function takeLock(name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const held = (lock: Lock | null) => (lock ? new Promise<void>((release) => resolve(release)) : resolve(null));
    navigator.locks.request(name, { ifAvailable: true }, held).catch(reject);
  });
}
