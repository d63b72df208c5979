/// <reference lib="dom" />
/** Tells a client what happens to its page: the network comes and goes, the page is hidden, ends, or comes back. */
import { beaconUrl } from '../beacon.ts';
import type { Client } from '../client.ts';

/** `streamUrl` is where the client connects to. Ends with the signal. */
export function watchPage(client: Client, streamUrl: string, signal: AbortSignal): void {
  const url = beaconUrl(streamUrl);
  /** The last number of the last beacon. */
  let told = 0;

  const lastWords = (ends = false): void =>
    client.lastWords(({ body, last }) => {
      // Hiding and ending often come together.
      if (last === told || !url || !navigator.sendBeacon(url, body)) return false;
      told = last;
      return true;
    }, ends);
  const listen = (target: EventTarget | undefined, type: string, listener: (event: Event) => void): void =>
    target?.addEventListener(type, listener, { signal });

  // A worker has no document.
  listen(globalThis.document, 'visibilitychange', () => {
    if (document.visibilityState === 'hidden') lastWords();
    else told = 0;
  });
  listen(globalThis, 'pagehide', (event) => {
    const ends = !(event as PageTransitionEvent).persisted;
    lastWords(ends);
    // What the application tracks in its own listeners.
    client.onEntered = () => queueMicrotask(() => lastWords(ends));
  });
  // Out of the back/forward cache: connections do not survive it.
  listen(globalThis, 'pageshow', (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    client.onEntered = null;
    told = 0;
    client.network(false);
    client.network(navigator.onLine);
  });
  listen(globalThis, 'offline', () => client.network(false));
  listen(globalThis, 'online', () => client.network(true));
  if (!navigator.onLine) client.network(false);
}
