/** What an outbox store holds, and how each of its calls changes it. The stores differ only in where they write the calls down. */
import type { ClientEvent, OutboxEntry, StoredIdentity, StoredOutbox } from './types.ts';

export type StoreChange =
  | { op: 'identity'; identity: StoredIdentity }
  | { op: 'append'; entries: readonly OutboxEntry[] }
  | { op: 'drop'; seq: number; count: number }
  | { op: 'settle'; done: number }
  | { op: 'renumber'; identity: StoredIdentity; done: number };

export class StoreState {
  identity: StoredIdentity | null = null;
  done = 0;
  /** The events of the numbers from `done` + 1 on. */
  #events: (ClientEvent | null)[] = [];

  apply(change: StoreChange): void {
    switch (change.op) {
      case 'identity':
        this.identity = change.identity;
        return;
      case 'append':
        for (const entry of change.entries) this.#put(entry);
        return;
      case 'drop':
        this.#events.splice(change.seq - this.done - 1, change.count);
        return;
      case 'settle':
        return this.#settle(change.done);
      case 'renumber':
        this.#settle(change.done);
        this.done = 0;
        this.identity = change.identity;
    }
  }

  #put({ seq, event }: OutboxEntry): void {
    const index = seq - this.done - 1;
    if (index < 0) return;
    while (this.#events.length < index) this.#events.push(null);
    this.#events[index] = event;
  }

  #settle(done: number): void {
    if (done <= this.done) return;
    this.#events.splice(0, done - this.done);
    this.done = done;
  }

  snapshot(): StoredOutbox {
    const entries = this.#events.map((event, i) => ({ seq: this.done + 1 + i, event }));
    return { ...this.identity, done: this.done, nextSeq: this.done + entries.length + 1, entries };
  }
}
