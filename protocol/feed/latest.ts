/** A subscription to latest values: what cannot be sent yet is conflated by key. Pure. */
import { Conflation } from './conflation.ts';
import type { FeedSubscription } from './server-subscription.ts';

export class LatestValues<T> {
  private readonly subscription: FeedSubscription<T>;
  private readonly waiting = new Conflation<T>();

  constructor(subscription: FeedSubscription<T>) {
    this.subscription = subscription;
  }

  publish(key: string, version: number, item: T): void {
    if (this.waiting.put(key, version, item)) this.resume();
  }

  /** Sends what waits, as far as credit and connection allow. Call it when either may have changed. */
  resume(): void {
    const { subscription, waiting } = this;
    while (waiting.size > 0 && subscription.wants) {
      const skipped = waiting.takeSkipped();
      if (skipped > 0) subscription.gap(skipped, latestOffset(subscription));
      for (let next = waiting.peek(); next && subscription.offer(next.value); next = waiting.peek()) waiting.shift();
      subscription.flush(latestOffset(subscription));
    }
  }
}

/** Where a feed of latest values stands: nothing can be resumed from it, it only grows. */
export function latestOffset(subscription: FeedSubscription<unknown>): string {
  return String(subscription.sent);
}
