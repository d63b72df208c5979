/** What every feed offers to the connections that subscribe to it. */
import type { Filter, FilterField } from '../../protocol/feed/filter.ts';
import type { FeedSubscription } from '../../protocol/feed/server-subscription.ts';
import type { Cursor } from '../../protocol/frames.ts';
import type { FeedItem } from './item.ts';

export const FEED_NAMES = ['stats', 'events', 'features', 'recommendations', 'dead-letters'] as const;
export type FeedName = (typeof FEED_NAMES)[number];

export function isFeedName(name: string): name is FeedName {
  return (FEED_NAMES as readonly string[]).includes(name);
}

/** A subscription that is allowed and makes sense; the feed starts it when it can. */
export interface FeedRequest {
  tenant: string;
  key: string | undefined;
  filter: Filter;
  from: Cursor | undefined;
  subscription: FeedSubscription<FeedItem>;
}

export interface Feed {
  /** Why nobody can subscribe at present. */
  readonly unavailable?: string | null;
  /** What its items can be filtered by. */
  readonly fields: readonly FilterField[];
  /** Throws FilterError for a key that makes no sense here. */
  checkKey(key: string | undefined): void;
  /** Serves the subscription until `close` of what it gives back, or until it ends the subscription itself. */
  serve(request: FeedRequest): Served;
  close(): void;
}

export interface Served {
  /** Credit was given, or the connection takes more again. */
  resume(): void;
  /** The subscription is over. */
  close(): void;
}

export interface FeedLogger {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
