/** The SDK for browsers, and for Node where a WebSocket is given; `gapless/client/node` brings one along. */
import { Client } from './client.ts';
import { settle } from './options.ts';
import type { ClientOptions, GaplessClient } from './types.ts';

/**
 * Returns at once and connects in the background: events can be tracked from the first moment on. Throws ClientError `bad_option`.
 */
export function connect(options: ClientOptions): GaplessClient {
  return new Client(settle(options));
}

export { CLIENT_ERRORS, ClientError, type ClientErrorCode } from './error.ts';
export type * from './feed-types.ts';
export { memoryStore } from './memory-store.ts';
export { CLIENT_DEFAULTS } from './options.ts';
export * from './player.ts';
export type * from './types.ts';
