/** An outbox store that lives as long as this object: for a client that is closed and connected again in one process, and for tests. */
import { type StoreChange, StoreState } from './store-state.ts';
import type { OutboxStore } from './types.ts';

export function memoryStore(): OutboxStore {
  const state = new StoreState();
  const apply = async (change: StoreChange): Promise<void> => state.apply(change);
  return {
    load: async () => state.snapshot(),
    saveIdentity: (identity) => apply({ op: 'identity', identity }),
    append: (entries) => apply({ op: 'append', entries }),
    drop: (seq, count) => apply({ op: 'drop', seq, count }),
    settle: (done) => apply({ op: 'settle', done }),
    renumber: (identity, done) => apply({ op: 'renumber', identity, done }),
    close: async () => undefined,
  };
}
