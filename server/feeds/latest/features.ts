/**
 * The feed `features`: of one user, or of all users whose features change. What waits is only whose features changed; they are read when
 * they may be sent, once for all subscribers that want them.
 */
import { decodeMessage } from '../../bus/message.ts';
import { type FeaturesChangedMessage, TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import { userGroup, userOfGroup } from '../../features/groups.ts';
import type { Feed, FeedLogger, FeedRequest, Served } from '../feed.ts';
import { type FeedItem, itemOf } from '../item.ts';
import { FeaturesFollower } from './features-follower.ts';
import { startLatest, Versions } from './values.ts';

export interface UserValues {
  values: Record<string, unknown>;
  /** As of when they were read, ms since 1970. */
  at: number;
}
/** Throws where the store does not answer. */
export type ReadUserValues = (tenant: string, user: string) => Promise<UserValues>;

/** What was read serves all who ask within this time, of so many users. */
const FRESH_MS = 500;
const KEPT = 1_000;

export class FeaturesFeed implements Feed {
  readonly fields = ['user_id'] as const;
  unavailable: string | null = null;
  private readonly read: ReadUserValues;
  private readonly logger: FeedLogger;
  private readonly unsubscribe: () => void;
  private readonly followers = new Set<FeaturesFollower>();
  /** By group, the latest at the end. A group that changes is taken out: what is being read may be old by then. */
  private readonly kept = new Map<string, { item: Promise<FeedItem | null>; at: number }>();
  private readonly versions = new Versions();

  constructor(bus: LiveBus, read: ReadUserValues, logger: FeedLogger) {
    this.read = read;
    this.logger = logger;
    this.unsubscribe = bus.subscribe(TOPICS.features, (bytes) => this.hear(bytes));
  }

  private hear(bytes: Uint8Array): void {
    const message = decodeMessage<FeaturesChangedMessage>(bytes);
    if (!Array.isArray(message?.groups)) return;
    for (const group of message.groups) {
      const whose = typeof group === 'string' ? userOfGroup(group) : null;
      if (!whose) continue;
      this.kept.delete(group);
      for (const follower of this.followers) follower.changed(whose.tenant, whose.user);
    }
  }

  /** null for a user of whom nothing is known. */
  private item(tenant: string, user: string): Promise<FeedItem | null> {
    const group = userGroup(tenant, user);
    const now = performance.now();
    const known = this.kept.get(group);
    if (known && now - known.at < FRESH_MS) return known.item;
    const version = this.versions.next();
    const item = this.read(tenant, user).then((value) =>
      Object.keys(value.values).length === 0 ? null : itemOf({ key: user, version, value }),
    );
    this.kept.delete(group);
    this.kept.set(group, { item, at: now });
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    item.catch(() => {
      if (this.kept.get(group)?.item === item) this.kept.delete(group);
    });
    return item;
  }

  checkKey(): void {}

  serve(request: FeedRequest): Served {
    const follower = new FeaturesFollower(request, (user) => this.item(request.tenant, user), this.logger);
    this.followers.add(follower);
    startLatest(request);
    if (request.key !== undefined) follower.changed(request.tenant, request.key);
    return {
      resume: () => follower.resume(),
      close: () => {
        this.followers.delete(follower);
        follower.close();
      },
    };
  }

  close(): void {
    this.unsubscribe();
    for (const follower of this.followers) follower.close();
    this.followers.clear();
  }
}
