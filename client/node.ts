/** The SDK for Node: the same, with `ws` as the WebSocket and an outbox store in a file. */
import { WebSocket } from 'ws';
import { connect as connectWith } from './index.ts';
import type { ClientOptions, GaplessClient, WebSocketConstructor } from './types.ts';

/** See `connect` of `gapless/client`. */
export function connect(options: ClientOptions): GaplessClient {
  return connectWith({ WebSocket: WebSocket as unknown as WebSocketConstructor, ...options });
}

export { type FileStoreOptions, fileStore } from './file-store.ts';
export * from './index.ts';
