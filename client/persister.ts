/**
 * Keeps an outbox in its store, one call at a time and in an order that a crash between any two calls does not break:
 *   1. Changes of kept numbers and of the identity go first, so that the numbers of what is appended afterwards are those that the store
 *      expects.
 *   2. An event may be sent once it was appended; while a kept number changes nothing is sent at all (`Outbox.holds`). What waits for the
 *      identity is who is about to use it.
 *   3. `settle` comes last and only its latest number counts.
 */
import type { Entry, Outbox } from '../protocol/session/outbox.ts';
import type { ClientEvent, OutboxEntry, OutboxStore, StoredIdentity } from './types.ts';

export interface PersisterListener {
  /** More may be sent. */
  released(): void;
  /** The store failed: nothing is kept any more, and nothing may be sent. */
  failed(error: Error): void;
}

/** Pushed, and not known to be in the store. */
interface Fresh<T> {
  entry: Entry<T>;
  event: ClientEvent | null;
}

export class Persister<T> {
  readonly #store: OutboxStore;
  readonly #outbox: Outbox<T>;
  readonly #listener: PersisterListener;
  #changes: (() => Promise<void>)[] = [];
  /** The last events of the outbox, not yet handed to the store. */
  #fresh: Fresh<T>[] = [];
  /** Before those: handed to the store, which has not confirmed them. */
  #appending: Fresh<T>[] = [];
  /** The last of the changes, if it is a drop that was not begun. */
  #queuedDrop: { seq: number; count: number } | null = null;
  #done = 0;
  #settled = 0;
  #started = false;
  #failure: Error | null = null;
  #running: Promise<void> | null = null;

  constructor(store: OutboxStore, outbox: Outbox<T>, listener: PersisterListener) {
    this.#store = store;
    this.#outbox = outbox;
    this.#listener = listener;
  }

  /** What the store had is in the outbox; now it may be written. */
  start(): void {
    this.#started = true;
    this.#settled = this.#done = this.#outbox.done;
    this.#run();
  }

  /** The event was pushed. It is copied: what the application does with its object later does not matter. */
  append(entry: Entry<T>, event: ClientEvent | null): void {
    this.#fresh.push({ entry, event: copy(event) });
    this.#run();
  }

  givenUp(entry: Entry<T>, seq: number, how: 'removed' | 'nil'): void {
    const at = entry.durable ? -1 : this.#fresh.findIndex((item) => item.entry === entry);
    if (at >= 0 && how === 'nil') this.#fresh[at]!.event = null;
    else if (at >= 0) this.#fresh.splice(at, 1);
    else if (how === 'removed') this.#drop(seq);
    else this.#change(() => this.#store.append([{ seq, event: null }]));
  }

  /** One call for any run of numbers: what stands behind a number taken out has that number then. */
  #drop(seq: number): void {
    if (this.#queuedDrop?.seq === seq) {
      this.#queuedDrop.count++;
      return;
    }
    const drop = { seq, count: 1 };
    this.#change(() => {
      if (this.#queuedDrop === drop) this.#queuedDrop = null;
      return this.#store.drop(drop.seq, drop.count);
    });
    this.#queuedDrop = drop;
  }

  /** The outbox was numbered anew; `done` is what it was before. */
  renumber(identity: StoredIdentity, done: number): void {
    this.#done = this.#settled = 0;
    this.#change(() => this.#store.renumber(identity, done));
  }

  /** Kept entries stand for other events now. */
  replace(entries: readonly OutboxEntry[]): void {
    this.#change(() => this.#store.append(entries));
  }

  /** Resolves when it is durable. */
  identity(identity: StoredIdentity): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#queue(() =>
        this.#store.saveIdentity(identity).then(resolve, (error: Error) => {
          reject(error);
          throw error;
        }),
      );
    });
  }

  settle(done: number): void {
    if (done === this.#done) return;
    this.#done = done;
    this.#run();
  }

  /**
   * Before the page may end: keeps what is not yet durable in another way. True if whatever was pushed is kept now. `whole`: an event with
   * all that belongs to it.
   */
  spill(whole: (event: ClientEvent) => ClientEvent): boolean {
    if (this.#failure || this.#outbox.holds > 0) return false;
    const late = [...this.#appending, ...this.#fresh];
    if (late.length === 0) return true;
    const first = this.#outbox.tracked - late.length + 1;
    return this.#store.spill?.(late.map(({ event }, i) => ({ seq: first + i, event: event && whole(event) }))) ?? false;
  }

  /** Resolves when everything is written, or the store failed. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #change(write: () => Promise<void>): void {
    this.#outbox.holds++;
    this.#queue(async () => {
      await write();
      this.#outbox.holds--;
      this.#listener.released();
    });
  }

  #queue(write: () => Promise<void>): void {
    this.#queuedDrop = null;
    this.#changes.push(write);
    this.#run();
  }

  #run(): void {
    if (this.#running || !this.#started || this.#failure) return;
    this.#running = this.#write()
      .catch((error: Error) => {
        this.#failure = error;
        this.#listener.failed(error);
      })
      .finally(() => {
        this.#running = null;
        // What came after the last look.
        if (this.#changes.length > 0 || this.#fresh.length > 0 || this.#done > this.#settled) this.#run();
      });
  }

  async #write(): Promise<void> {
    // What is pushed in the same turn goes in one call.
    await null;
    for (;;) {
      const change = this.#changes.shift();
      if (change) await change();
      else if (this.#fresh.length > 0) await this.#appendFresh();
      else if (this.#done > this.#settled) {
        this.#settled = this.#done;
        await this.#store.settle(this.#done);
      } else return;
    }
  }

  async #appendFresh(): Promise<void> {
    const fresh = this.#fresh;
    this.#appending = fresh;
    this.#fresh = [];
    const first = this.#outbox.tracked - fresh.length + 1;
    await this.#store.append(fresh.map(({ event }, i) => ({ seq: first + i, event })));
    this.#appending = [];
    for (const { entry } of fresh) entry.durable = true;
    this.#listener.released();
  }
}

/** As the wire has it: what can be encoded comes through JSON unchanged, integers of any kind as numbers. */
function copy(event: ClientEvent | null): ClientEvent | null {
  return JSON.parse(JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
}
