/** The options of `connect`, checked and with their defaults. `docs/CLIENT.md` shows them as a table, and a test compares it. */
import { clientCodecFor } from '../protocol/client-codecs.ts';
import { CONTEXT_MAX_BYTES, PATH, SUBPROTOCOLS } from '../protocol/limits.ts';
import { ClientError } from './error.ts';
import type { ClientOptions, Runtime, WebSocketConstructor } from './types.ts';

export const CLIENT_DEFAULTS = {
  publish: true,
  numbering: 'own',
  subprotocol: 'gapless.v1.msgpack',
  outbox: { maxEvents: 10_000, maxBytes: 4 * 1024 * 1024, full: 'wait' },
  backoff: { minMs: 500, maxMs: 20_000 },
} as const;

const NAMES =
  'url token publish producer epoch numbering context agent subprotocol outbox WebSocket backoff runtime'.split(' ');
const POLICIES = ['wait', 'drop-oldest', 'drop-newest'];
const PRODUCER = /^[A-Za-z0-9_-]{1,64}$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
/** 132 random bits; where many clients share a key the producer id is a secret. */
const PRODUCER_LENGTH = 22;

export type Settings = ReturnType<typeof settle>;

/** Throws ClientError `bad_option`. */
export function settle(options: ClientOptions) {
  for (const name of Object.keys(options)) if (!NAMES.includes(name)) throw bad(`there is no option ${name}`);
  const defaults = CLIENT_DEFAULTS;
  const { publish = defaults.publish } = options;
  const { numbering = defaults.numbering, subprotocol = defaults.subprotocol, producer, epoch, context } = options;
  const {
    maxEvents = defaults.outbox.maxEvents,
    maxBytes = defaults.outbox.maxBytes,
    full = defaults.outbox.full,
    store,
  } = options.outbox ?? {};
  const { minMs = defaults.backoff.minMs, maxMs = defaults.backoff.maxMs } = options.backoff ?? {};
  const { WebSocket = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket } = options;
  if (!WebSocket) throw bad('this runtime has no WebSocket: import gapless/client/node, or give the option WebSocket');
  if (!publish && (producer ?? epoch ?? options.numbering ?? context ?? options.outbox) !== undefined)
    throw bad('publish: false goes without producer, epoch, numbering, context and outbox');
  if (producer !== undefined && !PRODUCER.test(producer)) throw bad('producer is 1 to 64 of A-Z a-z 0-9 _ -');
  if (epoch !== undefined && !(Number.isSafeInteger(epoch) && epoch >= 1)) throw bad('epoch is an integer from 1 up');
  if (!(maxEvents >= 1 && maxBytes >= 1)) throw bad('outbox.maxEvents and outbox.maxBytes are at least 1');
  if (!POLICIES.includes(full)) throw bad(`outbox.full is one of ${POLICIES.join(', ')}`);
  if (!SUBPROTOCOLS.includes(subprotocol)) throw bad(`subprotocol is one of ${SUBPROTOCOLS.join(', ')}`);
  if (numbering === 'derived' && (store || full !== 'wait' || !producer)) {
    throw bad('derived numbering needs a producer, and takes neither outbox.store nor a policy that drops');
  }
  const codec = clientCodecFor(subprotocol);
  if (context && codec.encodeEvent(context).bytes > CONTEXT_MAX_BYTES)
    throw bad(`context is longer than ${CONTEXT_MAX_BYTES} bytes`);
  return {
    url: address(options.url),
    ...{ publish, token: options.token, agent: options.agent, context, codec, producer, epoch, numbering, WebSocket },
    ...{ maxEvents, maxBytes, full, store, backoff: { minMs, maxMs } },
    runtime: { ...RUNTIME, ...options.runtime },
  };
}

function bad(message: string): ClientError {
  return new ClientError('bad_option', message);
}

function address(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw bad(`url is not one: ${text}`);
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
    throw bad(`url begins with ws:// or wss://, not ${url.protocol}//`);
  if (url.pathname === '/') url.pathname = PATH;
  url.hash = '';
  return url.href;
}

export function randomProducer(): string {
  let id = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(PRODUCER_LENGTH))) id += ALPHABET[byte & 63];
  return id;
}

const RUNTIME: Runtime = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
