/** The line to the server, with a plug that can be pulled: what the SDK takes for its WebSocket. */
import type { WebSocketConstructor, WebSocketLike } from '../../index.ts';
import { Store } from '../shared/store.ts';

/** As a browser closes a WebSocket that never came to be. */
const NO_CONNECTION = 1006;

export class Line {
  readonly cut = new Store(false);
  readonly #sockets = new Set<WebSocket>();

  /** Made like the browser's own, which it mostly is. */
  readonly WebSocket = new Proxy(WebSocket, {
    construct: (_, [url, protocols]: [string, string[]]) =>
      this.cut.value ? deadSocket() : this.#follow(new WebSocket(url, protocols)),
  }) as unknown as WebSocketConstructor;

  #follow(socket: WebSocket): WebSocket {
    this.#sockets.add(socket);
    socket.addEventListener('close', () => this.#sockets.delete(socket));
    return socket;
  }

  /** No connection stands, and none comes to be, until `mend`. The SDK hears of it as it would of a network that is gone. */
  pull(): void {
    this.cut.update(() => true);
    dispatchEvent(new Event('offline'));
    for (const socket of this.#sockets) socket.close();
  }

  mend(): void {
    this.cut.update(() => false);
    dispatchEvent(new Event('online'));
  }
}

function deadSocket(): WebSocketLike {
  const socket: WebSocketLike = {
    ...{ binaryType: 'arraybuffer', bufferedAmount: 0, protocol: '' },
    ...{ onopen: null, onmessage: null, onclose: null, onerror: null },
    send() {},
    close() {},
  };
  queueMicrotask(() => socket.onclose?.({ code: NO_CONNECTION, reason: 'the plug is pulled' }));
  return socket;
}
