/** One subscription to features: whose changed and was not sent yet, and what is being read for it. */
import { Conflation } from '../../../protocol/feed/conflation.ts';
import { latestOffset } from '../../../protocol/feed/latest.ts';
import type { FeedLogger, FeedRequest } from '../feed.ts';
import type { FeedItem } from '../item.ts';

/** Users read at a time. */
const TOGETHER = 16;
const RETRY_MS = 500;
/** After so many failures in a row it ends. */
const MOST_FAILURES = 20;

export class FeaturesFollower {
  private readonly request: FeedRequest;
  private readonly read: (user: string) => Promise<FeedItem | null>;
  private readonly logger: FeedLogger;
  private readonly waiting = new Conflation<null>();
  private changes = 0;
  private state: 'idle' | 'reading' | 'pausing' | 'closed' = 'idle';
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `read`: null for a user of whom nothing is known. */
  constructor(request: FeedRequest, read: (user: string) => Promise<FeedItem | null>, logger: FeedLogger) {
    this.request = request;
    this.read = read;
    this.logger = logger;
  }

  changed(tenant: string, user: string): void {
    const { key, filter } = this.request;
    if (tenant !== this.request.tenant || (key !== undefined && user !== key)) return;
    if (!filter.matches({ user_id: user })) return;
    this.hold(user);
    this.resume();
  }

  private hold(user: string): void {
    this.waiting.put(user, ++this.changes, null);
  }

  resume(): void {
    if (this.state === 'idle') void this.send();
  }

  /** One read after the other: what was read first is sent first. */
  private async send(): Promise<void> {
    this.state = 'reading';
    while (this.state === 'reading' && this.waiting.size > 0 && this.request.subscription.wants) await this.sendSome();
    if (this.state === 'reading') this.state = 'idle';
  }

  private async sendSome(): Promise<void> {
    const users = this.take(Math.min(TOGETHER, this.request.subscription.credit));
    try {
      const items = await Promise.all(users.map((user) => this.read(user)));
      this.failures = 0;
      if (this.state === 'reading') this.deliver(items);
    } catch (error) {
      for (const user of users) this.hold(user);
      if (this.state === 'reading') this.failed(error);
    }
  }

  private deliver(items: readonly (FeedItem | null)[]): void {
    const { subscription } = this.request;
    const skipped = this.waiting.takeSkipped();
    if (skipped > 0) subscription.gap(skipped, latestOffset(subscription));
    for (const item of items) {
      if (!item || subscription.offer(item)) continue;
      subscription.flush(latestOffset(subscription));
      subscription.offer(item);
    }
    if (subscription.filled) subscription.flush(latestOffset(subscription));
  }

  private take(count: number): string[] {
    const users: string[] = [];
    while (users.length < count && this.waiting.size > 0) users.push(this.waiting.shift()!.key);
    return users;
  }

  private failed(error: unknown): void {
    if (++this.failures >= MOST_FAILURES) {
      this.logger.warn({ err: error }, 'features cannot be read, a subscription ends');
      return this.request.subscription.end('unavailable', 'features cannot be read now');
    }
    this.state = 'pausing';
    this.timer = setTimeout(() => {
      this.state = 'idle';
      this.resume();
    }, RETRY_MS);
  }

  close(): void {
    this.state = 'closed';
    clearTimeout(this.timer);
  }
}
