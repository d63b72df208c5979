/// <reference lib="dom" />
/** The SDK for pages: the same, with an outbox that survives them, and with an eye on the page's life and its network. */
import { adopt } from './browser/adopt.ts';
import { IndexedDbStore, indexedDbStore } from './browser/indexed-db-store.ts';
import { watchPage } from './browser/page.ts';
import { Client } from './client.ts';
import { ClientError } from './error.ts';
import { settle } from './options.ts';
import type { ClientOptions, GaplessClient } from './types.ts';

/**
 * See `connect` of `gapless/client`. Where no store and no producer is given the outbox is kept in `indexedDbStore(url)`, if the browser has
 * what that needs.
 */
export function connect(options: ClientOptions): GaplessClient {
  const settings = settle(options);
  const ownStore = settings.publish && settings.producer === undefined && settings.store === undefined;
  const canStore = 'indexedDB' in globalThis && 'locks' in navigator;
  const store = ownStore && canStore ? indexedDbStore(settings.url) : settings.store;
  const over = new AbortController();
  const client = new Client({ ...settings, store });
  watchPage(client, settings.url, over.signal);
  client.on('state', (state) => {
    if (state === 'closed' || state === 'failed') over.abort();
  });
  if (ownStore && !canStore) {
    const message = 'this page has no IndexedDB or no Web Locks, for example because it does not come over https';
    // The caller sets its listeners first.
    queueMicrotask(() => client.tell(new ClientError('store_missing', message)));
  }

  if (store instanceof IndexedDbStore) {
    adopt(store, over.signal, async (left) => {
      const heir = new Client({ ...settings, store: left });
      watchPage(heir, settings.url, over.signal);
      heir.on('error', (error) => client.tell(error));
      over.signal.addEventListener('abort', () => heir.close());
      await heir.flush();
      await heir.close();
    });
  }
  return client;
}

export { indexedDbStore } from './browser/indexed-db-store.ts';
export * from './index.ts';
