/** The public types of the SDK. `client/index.ts` is the door; `docs/CLIENT.md` shows them at work. */
import type { CloseName } from '../protocol/codes.ts';
import type { Durability } from '../protocol/frames.ts';
import type { Subprotocol } from '../protocol/limits.ts';
import type { Numbering } from '../protocol/session/outbox.ts';
import type { Verdict } from '../protocol/session/verdict.ts';
import type { ClientError } from './error.ts';
import type { Feed, FeedItems, FeedName, FeedOptions } from './feed-types.ts';
import type { Player, PlayerBase } from './player.ts';

/** What became of one event. Every event gets exactly one, unless the client is closed before (`client_closed`). */
export type { Verdict } from '../protocol/session/verdict.ts';

/** A player event as plain data; PROTOCOL section 10 lists the types and their fields. */
export type ClientEvent = Record<string, unknown>;

/**
 * What to do with a new event when the outbox is full: hold back `track`'s caller, or drop the oldest or the new one. The oldest is the
 * oldest that was never sent (one that was may be stored already); only if all were sent, the oldest of all.
 */
export type FullPolicy = 'wait' | 'drop-oldest' | 'drop-newest';

export interface OutboxEntry {
  seq: number;
  /** null where the number was given up. */
  event: ClientEvent | null;
}

/** Who sends. `context` is the one that the kept events belong to. */
export interface StoredIdentity {
  producer: string;
  epoch: number;
  attempt: number;
  context?: Record<string, unknown>;
}

/** What a store kept. Without a producer it is new. */
export interface StoredOutbox extends Partial<StoredIdentity> {
  /** The number after the highest ever used. */
  nextSeq: number;
  done: number;
  /** Rising by number. A number between `done` and `nextSeq` that is missing was given up. */
  entries: OutboxEntry[];
  /** What was found damaged. Numbers may be missing at the end then: the client goes on under a higher epoch. */
  damaged?: string;
}

/**
 * What survives a restart: `indexedDbStore(name)` in `client/browser`, `fileStore(path)` in `client/node`, `memoryStore()`, or your own.
 * Calls come one at a time, in order, but for `spill`. A promise that rejects ends the client (`store_failed`).
 */
export interface OutboxStore {
  load(): Promise<StoredOutbox>;
  /** The producer's identity and counters; durable before they are used on the wire. */
  saveIdentity(identity: StoredIdentity): Promise<void>;
  /** Durable before its events are sent. An entry whose number is there already takes its place. */
  append(entries: readonly OutboxEntry[]): Promise<void>;
  /** `count` numbers from `seq` on were never sent: they are taken out, and those above move down. Durable before anything else is sent. */
  drop(seq: number, count: number): Promise<void>;
  /** Everything up to `done` is settled and may be forgotten, but never the highest number used. May be lost. */
  settle(done: number): Promise<void>;
  /** In one atomic step: the identity, and everything up to `done` is forgotten and the rest is numbered from 1. */
  renumber(identity: StoredIdentity, done: number): Promise<void>;
  /**
   * The page may end before an `append` does: keeps its entries where that takes no time, until a `load` that finds them missing adds them.
   * Before `load` has resolved their numbers mean nothing, and the next `load` adds them behind what it finds. False if it cannot.
   */
  spill?(entries: readonly OutboxEntry[]): boolean;
  close(): Promise<void>;
}

export interface ClientOptions {
  /** `ws://host:port` or `wss://host`; the path is added if it is missing. */
  url: string;
  /** A function is asked before each connection, and again before its token expires. */
  token?: string | (() => string | Promise<string>);
  /** false: only subscribes, without a producer and an outbox. Default true. */
  publish?: boolean;
  /** 1 to 64 of A-Z a-z 0-9 _ -. Default: made at random and kept in the store. */
  producer?: string;
  /**
   * Default: what the store kept; 1 for a random producer and under `derived`; the time in ms for a given producer without a store, whose
   * earlier numbers nobody knows.
   */
  epoch?: number;
  /**
   * `own` (default): the outbox numbers events and follows the rules for lost numbering. `derived`: the caller vouches that number n
   * always means the same event (a line of a file), so a server that has settled more than this process has sent is believed. The caller
   * starts at number 1, or asks `resume()`. Takes neither a store nor a policy that drops.
   */
  numbering?: Numbering;
  /** Fields that events share, like `user_id`. Filled in by the server where an event lacks them and its type has them. At most 1,024 bytes. */
  context?: Record<string, unknown>;
  /** Name and version of the application, for the server's statistics. */
  agent?: string;
  /** Default `gapless.v1.msgpack`. */
  subprotocol?: Subprotocol;
  outbox?: {
    /** Default 10,000 events and 4 MiB of encoded events. */
    maxEvents?: number;
    maxBytes?: number;
    /** Default `wait`. */
    full?: FullPolicy;
    /** Default: none, what is not settled dies with the process. */
    store?: OutboxStore;
  };
  /** For runtimes without a global one; `client/node` sets it to `ws`. */
  WebSocket?: WebSocketConstructor;
  /** Reconnect backoff with full jitter, ms. Default 500 to 20,000. */
  backoff?: { minMs?: number; maxMs?: number };
  /** Clocks, timers and dice, for tests. */
  runtime?: Partial<Runtime>;
}

/** What the client takes from its surroundings. */
export interface Runtime {
  /** ms of a steady clock. */
  now(): number;
  /** ms since 1970. */
  wallClock(): number;
  /** From 0 to 1. */
  random(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** A client's lifecycle, one sentence per state. */
export type ClientState =
  /** Loading the outbox or waiting for WELCOME. */
  | 'connecting'
  /** Events flow. */
  | 'open'
  /** The connection was lost; it comes back after the backoff. */
  | 'waiting'
  /** The page has no network; it comes back as soon as there is one, and now and then tries all the same. */
  | 'offline'
  /** The server said not to come back, or the store failed; the outbox is kept and the application told. */
  | 'failed'
  /** close() was called. */
  | 'closed';

export interface ClientStats {
  state: ClientState;
  /** Empty with `publish: false`. */
  producer: string;
  epoch: number;
  /** The highest number that was given to an event, that this process sent, and that is settled. */
  tracked: number;
  sent: number;
  done: number;
  /** Verdicts so far; `stored` counts `settled` too. */
  stored: number;
  rejected: number;
  dropped: number;
  /** Numbers not settled, and the encoded bytes of their events. */
  pending: number;
  pendingBytes: number;
  /** Sent on this connection and not settled. */
  inFlight: number;
  limit: number;
  limitBytes: number;
  /** The server's pressure, 0 to 10. */
  level: number;
  blocked: boolean;
  blockedMs: number;
  reconnects: number;
  durability: Durability | null;
  lastClose: { code: number; name: CloseName | null; reason: string } | null;
}

export interface ClientEvents {
  state: (state: ClientState) => void;
  /** After every ACK. */
  progress: (stats: ClientStats) => void;
  /** Every event's verdict, in the order of settling; also where nobody asked with a promise or callback. */
  verdict: (verdict: Verdict) => void;
  /** Something that reconnecting alone does not heal; `docs/CLIENT.md` lists the codes. The client goes on unless its state is `failed`. */
  error: (error: ClientError) => void;
}

export interface GaplessClient {
  readonly stats: ClientStats;
  /** Returns what ends the listening. */
  on<K extends keyof ClientEvents>(name: K, listener: ClientEvents[K]): () => void;
  /**
   * Puts an event into the outbox; null gives one number up. Resolves with its verdict. With the policy `wait` the event enters once there
   * is room; `ready()` tells a streaming caller when that is. Rejects with TypeError for what cannot be encoded, and with a `ClientError` if
   * the client is closed before the verdict; the latter may be left unhandled.
   */
  track(event: ClientEvent | null): Promise<Verdict>;
  /**
   * The quick way for streams, without a promise: false if the outbox is full under the policy `wait` and nothing was taken (await `ready()`,
   * then push again). `onVerdict` is optional and is not called if the client is closed before; throws TypeError and `ClientError` like `track`.
   */
  push(event: ClientEvent | null, onVerdict?: (verdict: Verdict) => void): boolean;
  /** Resolves when the outbox has room for another event. Rejects with a `ClientError` when it never will: failed or closed. */
  ready(): Promise<void>;
  /**
   * For derived numbering: waits for WELCOME, skips all that is settled, and resolves with the number of the event to push next. Rejections of
   * skipped numbers that the server still remembers come as verdicts.
   */
  resume(): Promise<number>;
  /** Resolves true when nothing is pending, false after `timeout` ms or when nothing will settle any more: failed or closed. */
  flush(options?: { timeout?: number }): Promise<boolean>;
  /**
   * Begins to receive a feed; the items come by iterating over what it gives back. Goes on over reconnects: logs from where they were, latest
   * values with the current one. Throws a `ClientError` if the client is failed or closed, or an option is wrong.
   */
  subscribe<F extends FeedName>(feed: F, options?: FeedOptions): Feed<FeedItems[F]>;
  /** `play`, `pause`, `skip`, `like`, `dislike`, `complete`, `seek` for one user and session. */
  player(base?: PlayerBase): Player;
  /** Closes the connection and the store; what is not settled stays in the store. Pending verdicts reject. */
  close(): Promise<void>;
}

/** The part of the browser's WebSocket that the SDK uses. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: Uint8Array | string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;
