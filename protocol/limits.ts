/** The numbers of the wire protocol that both sides must agree on. Sizes are bytes, times are milliseconds. */

export const PATH = '/v1/stream';
export const SUBPROTOCOLS = ['gapless.v1.msgpack', 'gapless.v1.json'] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];

/** Every number on the wire is an integer from 0 to this one. */
export const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

export const HELLO_MAX_BYTES = 8 * 1024;
export const CONTEXT_MAX_BYTES = 1024;
/** A control frame (all but PUBLISH and DATA) from a client: levels (its own array is the first) and values (keys not counted). */
export const CONTROL_MAX_DEPTH = 8;
export const CONTROL_MAX_VALUES = 4096;
/** Levels of a server's frame that a client decodes. */
export const SERVER_MAX_DEPTH = 64;
/** HELLO must come within this time of the upgrade, WELCOME within this time of HELLO. */
export const OPENING_TIMEOUT_MS = 10_000;
export const BEAT_INTERVAL_MS = 20_000;
/** A client that received nothing for this long reconnects. */
export const CLIENT_SILENCE_MS = 45_000;
/** The server ends a connection on which nothing, pongs included, came for this long. */
export const SERVER_SILENCE_MS = 60_000;
/** After GOAWAY the server closes at the latest after this time. */
export const DRAIN_MS = 10_000;

export const CONTROL_FRAMES_PER_SECOND = 100;
export const AUTH_FRAMES_PER_MINUTE = 10;
export const STRIKES = 3;
export const STRIKE_WINDOW_MS = 60_000;

/** An ACK follows progress at the latest after this time. */
export const ACK_DELAY_MS = 20;
/** While a client is blocked an ACK comes at least this often, and BLOCKED may be repeated this often. */
export const BLOCKED_INTERVAL_MS = 1_000;

/** `maxFrameBytes` is at least `maxEventBytes` plus this. */
export const FRAME_OVERHEAD_BYTES = 64;

/** The body of a beacon; what browsers allow as well. */
export const BEACON_MAX_BYTES = 64 * 1024;

/** A connection starts with this window, and its window never grows beyond the cap. */
export const WINDOW_START = { events: 4, bytes: 4 * 1024 } as const;
export const WINDOW_CAP = { events: 1024, bytes: 256 * 1024 } as const;

export const REJECT_PATH_MAX = 128;
export const REJECT_MESSAGE_MAX = 200;

export const EVENT_MAX_DEPTH = 8;
export const EVENT_MAX_VALUES = 256;
export const FUTURE_TOLERANCE_MS = 5 * 60_000;

export const SUBSCRIPTIONS_MAX = 32;
export const FILTER_FIELDS_MAX = 16;
export const FILTER_VALUES_MAX = 100;
export const CURSOR_MAX = 512;
/** Characters of a SUBSCRIBE's `key`, as of the ids that it names. */
export const FEED_KEY_MAX = 128;
/** A DATA is at most this long, unless a single item is longer. */
export const DATA_MAX_BYTES = 64 * 1024;
/** Values that wait for credit on a feed of latest values, one of each key. */
export const CONFLATED_KEYS_MAX = 1_000;

/** What the server tells a publisher in WELCOME; the server's configuration sets it. */
export interface FrameLimits {
  maxFrameBytes: number;
  maxFrameEvents: number;
  maxEventBytes: number;
}

export const DEFAULT_FRAME_LIMITS: FrameLimits = {
  maxFrameBytes: 16 * 1024,
  maxFrameEvents: 256,
  maxEventBytes: 8 * 1024,
};
