/// <reference lib="dom" />
/**
 * Sends what pages left in their outboxes that do not come back: closed, crashed, or killed with their browser. A page waits for the locks
 * of all outboxes but its own. Whoever gets one sends what is left in it, under the producer and the numbers that it had, and lets it go.
 */
import type { IndexedDbStore } from './indexed-db-store.ts';

/** How often a page looks for outboxes that it was not told of. */
const INTERVAL_MS = 30_000;

/** Begins when the store has its own outbox. `send` resolves when an outbox is empty, or cannot be emptied now. */
export function adopt(
  store: IndexedDbStore,
  signal: AbortSignal,
  send: (left: IndexedDbStore) => Promise<unknown>,
): void {
  const awaited = new Set<number>();
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: each takes a connection. */
  const inTurn = (outbox: number) => {
    turn = turn.then(async () => {
      if (!signal.aborted && (await store.hasEvents(outbox))) await send(store.other(outbox));
    });
    return turn;
  };

  const look = async () => {
    for (const outbox of await store.others()) {
      if (awaited.has(outbox)) continue;
      awaited.add(outbox);
      const over = () => awaited.delete(outbox);
      navigator.locks.request(store.lockOf(outbox), { signal }, () => inTurn(outbox)).then(over, over);
    }
  };
  // A database that fails is told of by its client.
  const tryLook = () => void look().catch(() => undefined);

  const timer = setInterval(tryLook, INTERVAL_MS);
  const channel = new BroadcastChannel(store.lockOf(0));
  channel.onmessage = tryLook;
  store.onOpen = () => {
    tryLook();
    // Others wait for this one's lock.
    channel.postMessage(null);
  };
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    channel.close();
  });
}
