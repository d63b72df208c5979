/** The SDK for Node: the same, with `ws` as the WebSocket and an outbox store in a file. */
import { WebSocket } from 'ws';
import { connect as connectWith } from './index.ts';
import type { ClientOptions, GaplessClient, WebSocketConstructor } from './types.ts';

/** The protocol has no compression; events are small and already dense. */
export class UncompressedWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false });
  }
}

/** See `connect` of `gapless/client`. */
export function connect(options: ClientOptions): GaplessClient {
  return connectWith({ WebSocket: UncompressedWebSocket as unknown as WebSocketConstructor, ...options });
}

export { type FileStoreOptions, fileStore } from './file-store.ts';
export * from './index.ts';
