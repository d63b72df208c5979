/** What a process of subscribers is told and what it answers, over IPC; all of it is plain data. */
import type { Percentiles } from '../generator/plan.ts';

export interface SubscribersPlan {
  url: string;
  token?: string | undefined;
  feed: 'events' | 'recommendations' | 'features';
  /** Take what comes at once. */
  fast: number;
  /** Take so many items a second each; what is beyond waits at the server, at zero credit. */
  slow: number;
  slowPerSecond: number;
  /** Give credit, then never read their socket again. */
  stopped: number;
  /** One a subscriber in turn, for feeds that want one. */
  keys?: readonly string[];
}

/** Of one kind of subscribers since the last count. */
export interface KindCount {
  items: number;
  /** Of the subscriber that got least, and most. */
  least: number;
  most: number;
  /** From `received_at` of an event to here, the oldest of each batch. */
  delay?: Percentiles;
}

export interface SubscribersCount {
  seconds: number;
  fast: KindCount;
  slow: KindCount;
  /** CPU seconds of this process. */
  cpuSeconds: number;
  /** What must not happen, in words: gaps, ended subscriptions; the first few since the process started. */
  faults: string[];
}

export type FromSubscribers = { kind: 'live' } | { kind: 'count'; count: SubscribersCount };
/** `count` answers with what came since the last one; but for faults the count begins anew. */
export type ToSubscribers = { kind: 'count' };
