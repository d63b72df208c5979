/** The public types of the SDK. `client/index.ts` is the door; `docs/CLIENT.md` shows them at work. */
import type { CloseName, EventCode } from '../protocol/codes.ts';
import type { Durability } from '../protocol/frames.ts';
import type { Subprotocol } from '../protocol/limits.ts';

/** What became of one event. Every tracked event gets exactly one, unless the client is closed before (`ClientClosedError`). */
export type Verdict =
  /** In the log, or already there (a repeat of the number or of its `id`); durable as `client.stats.durability` says. */
  | { status: 'stored'; seq: number }
  /** Settled before this process sent it: it was in the log, or had been rejected, when the connection opened. */
  | { status: 'settled'; seq: number }
  | { status: 'rejected'; seq: number; code: EventCode; path: string; message: string }
  /** Dropped from the full outbox by its policy, before or after a first try; its number is given up. */
  | { status: 'dropped'; seq: number; reason: 'outbox_full' | 'too_large' };

/** What to do with a new event when the outbox is full: hold back `track`'s caller, or drop the oldest or the new one. */
export type FullPolicy = 'wait' | 'drop-oldest' | 'drop-newest';

export interface OutboxEntry {
  seq: number;
  /** null where the number was given up. */
  event: Record<string, unknown> | null;
}

/** What survives a restart. Implementations: `memoryStore()`, `fileStore(path)` in `client/node`, IndexedDB in browsers. */
export interface OutboxStore {
  load(): Promise<{
    producer?: string;
    epoch?: number;
    attempt?: number;
    nextSeq?: number;
    done?: number;
    entries: OutboxEntry[];
  }>;
  /** The producer's identity and counters; called before they are used on the wire. */
  saveIdentity(identity: { producer: string; epoch: number; attempt: number }): Promise<void>;
  /** Must be durable before its events are sent. */
  append(entries: readonly OutboxEntry[]): Promise<void>;
  /** Everything up to `done` is settled and may be forgotten, but never the highest number used. */
  settle(done: number): Promise<void>;
  close(): Promise<void>;
}

export interface ClientOptions {
  /** `ws://host:port` or `wss://host`; the path is added if it is missing. */
  url: string;
  token?: string | (() => string | Promise<string>);
  /** 1 to 64 of A-Z a-z 0-9 _ -. Default: made at random and kept in the store. */
  producer?: string;
  epoch?: number;
  /**
   * `own` (default): the outbox numbers events and follows the rules for lost numbering. `derived`: the caller vouches that number n
   * always means the same event (a line of a file), so a server that has settled more than this process has sent is believed.
   */
  numbering?: 'own' | 'derived';
  context?: Record<string, unknown>;
  /** Name and version of the application, for the server's statistics. */
  agent?: string;
  subprotocol?: Subprotocol;
  outbox?: {
    /** Default 10,000 events and 4 MiB of encoded events. */
    maxEvents?: number;
    maxBytes?: number;
    full?: FullPolicy;
    store?: OutboxStore;
  };
  /** For runtimes without a global one; `client/node` sets it to `ws`. */
  WebSocket?: WebSocketConstructor;
  /** Reconnect backoff with full jitter, ms. Default 500 to 20,000. */
  backoff?: { minMs?: number; maxMs?: number };
}

/** A client's lifecycle, one sentence per state. */
export type ClientState =
  /** Loading the outbox or waiting for WELCOME. */
  | 'connecting'
  /** Events flow. */
  | 'open'
  /** The connection was lost; it comes back after the backoff. */
  | 'waiting'
  /** The server said not to come back (or numbering was lost); the outbox is kept and the application told. */
  | 'failed'
  /** close() was called. */
  | 'closed';

export interface ClientStats {
  state: ClientState;
  producer: string;
  epoch: number;
  /** Numbers given out so far, of those sent at least once, and of those settled. */
  tracked: number;
  sent: number;
  done: number;
  stored: number;
  rejected: number;
  dropped: number;
  /** In the outbox, not settled. */
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
  verdict: (verdict: Verdict) => void;
  /** A close that does not reconnect, a lost numbering, a store that fails. */
  error: (error: Error & { code: string }) => void;
}

export interface GaplessClient {
  readonly stats: ClientStats;
  on<K extends keyof ClientEvents>(name: K, listener: ClientEvents[K]): () => void;
  /**
   * Puts an event into the outbox; null gives one number up. Resolves with its verdict. With the policy `wait` the event enters once there is room; `ready()`
   * tells a streaming caller when that is.
   */
  track(event: Record<string, unknown> | null): Promise<Verdict>;
  /** Resolves when the outbox has room for another event. */
  ready(): Promise<void>;
  /** Resolves true when nothing is pending, false after `timeout` ms. */
  flush(options?: { timeout?: number }): Promise<boolean>;
  /** Closes the connection; what is not settled stays in the store. Pending verdicts reject with `ClientClosedError`. */
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
