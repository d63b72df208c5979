/** What the feeds of latest values share. */
import { randomUUID } from 'node:crypto';
import { LatestValues, latestOffset } from '../../../protocol/feed/latest.ts';
import type { FeedRequest } from '../feed.ts';
import type { FeedItem } from '../item.ts';

/** Of this thread's life. Nothing can be resumed: whoever comes back gets what is newest. */
const EPOCH = randomUUID();

/** Starts a subscription at once; one that says where it wants to go on is told that it cannot. */
export function startLatest({ subscription, from }: FeedRequest): void {
  subscription.start({ epoch: EPOCH, offset: latestOffset(subscription), ...(from && { recovered: false }) });
}

export function latestValues(request: FeedRequest): LatestValues<FeedItem> {
  startLatest(request);
  return new LatestValues(request.subscription);
}

/** Rising numbers that tell when: ms since 1970, or one more than the last. */
export class Versions {
  private last = 0;

  next(now = Date.now()): number {
    this.last = Math.max(this.last + 1, Math.floor(now));
    return this.last;
  }
}
