/** The public types of subscriptions; `docs/CLIENT.md` shows them at work. */

import type { FeedGap } from '../protocol/feed/client-subscription.ts';
import type { Cursor, FilterValue } from '../protocol/frames.ts';

export type { FeedGap } from '../protocol/feed/client-subscription.ts';
export type { Cursor, FilterValue } from '../protocol/frames.ts';

/** The latest value of a key; `version` differs where the value does. */
export interface LatestValue<T> {
  key: string;
  version: number | string;
  value: T;
}

export interface RecommendationValue {
  recommendation_id: string;
  user_id: string;
  model: string;
  at: number;
  tracks: { track_id: string; score: number; [field: string]: unknown }[];
  degraded?: boolean;
  [field: string]: unknown;
}

/** What each feed sends; PROTOCOL section 7. */
export interface FeedItems {
  /** Stored events. */
  events: Record<string, unknown>;
  'dead-letters': Record<string, unknown>;
  stats: LatestValue<Record<string, unknown>>;
  features: LatestValue<{ values: Record<string, unknown>; at: number }>;
  recommendations: LatestValue<RecommendationValue>;
}
export type FeedName = keyof FeedItems;

export interface FeedOptions {
  /** One user, session or track. */
  key?: string;
  /** A field to a value or a list of them; at most 16 fields and 100 values. */
  filter?: Record<string, FilterValue | FilterValue[]>;
  /** Where `events` and `dead-letters` go on: a `position` of an earlier subscription. Default: the end, what comes from now on. */
  from?: Cursor;
  /** How many items may wait here for the consumer; default 500. A few are slow: each FLOW frame can give no more than that. */
  credit?: number;
  /** Ends it, like `close()`. */
  signal?: AbortSignal;
}

/** A subscription's lifecycle, one sentence per state. */
export type FeedState =
  /** Not (or not any more) known to the server; it is asked for as soon as that is possible. */
  | 'waiting'
  /** The server sends. */
  | 'live'
  /** Closed, or ended by the server. */
  | 'ended';

export interface FeedEvents {
  /** Items are missing here: told when the consumer has taken what came before, and before the next item. */
  gap: (gap: FeedGap) => void;
  state: (state: FeedState) => void;
}

/** Several items at once, all that is there. `position` covers them, and nothing behind them. */
export interface FeedBatch<T> {
  items: T[];
  position: Cursor;
}

/**
 * Items as they come, over any number of connections. To be iterated once: `for await (const item of feed)`, or over `feed.batches()`. Leaving
 * the loop ends the subscription. The loop ends with a `ClientError` where the server refuses it or the client fails, and without one
 * after `close()`.
 */
export interface Feed<T> extends AsyncIterable<T> {
  readonly feed: string;
  readonly state: FeedState;
  /**
   * Where another subscription goes on behind what was taken, as `from`; null while that is not known. The server gives positions by the
   * frame: in the middle of one it stands at the frame's beginning, so that nothing is left out. `batches()` gives exact ones.
   */
  readonly position: Cursor | null;
  /** Items that came and wait for the consumer, the one in its hands included; never more than `credit`. */
  readonly waiting: number;
  /** Returns what ends the listening. */
  on<K extends keyof FeedEvents>(name: K, listener: FeedEvents[K]): () => void;
  batches(): AsyncIterable<FeedBatch<T>>;
  /** Ends it; items that wait are let go. */
  close(): void;
}
