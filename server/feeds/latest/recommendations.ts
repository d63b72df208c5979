/**
 * The feed `recommendations`. The owner of a user's partition makes that user's lists; here only interest is registered with it, again and
 * again, and what arrives is delivered. Where nobody answers, this process makes a list of what is popular.
 */
import { partitionOf } from '../../../format/partition.ts';
import type { LatestValues } from '../../../protocol/feed/latest.ts';
import { decodeMessage, encodeMessage } from '../../bus/message.ts';
import { type InterestMessage, type ListMessage, type OwnerMessage, TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import { userGroup } from '../../features/groups.ts';
import type { RecommendationList, RecommendationRequest } from '../../recommend/port.ts';
import type { Feed, FeedRequest, Served } from '../feed.ts';
import { type FeedItem, itemOf } from '../item.ts';
import { latestValues, Versions } from './values.ts';

const RENEW_MS = 2_000;
const COUNT = 20;
const MODEL = 'blend';

export interface RecommendationsOptions {
  bus: LiveBus;
  /** Where lists for this process come in. */
  process: string;
  partitions: number;
  /** A list where the owner sends none; rejects where there is none. */
  recommend(request: RecommendationRequest): Promise<RecommendationList>;
  /** How often interest is said again, ms. Who has no list after two such times asks for one. */
  renewMs?: number;
}

interface Subscriber {
  request: FeedRequest;
  values: LatestValues<FeedItem>;
}

/** A user whose list somebody watches. */
interface Watched {
  tenant: string;
  userId: string;
  partition: number;
  subscribers: Set<Subscriber>;
  latest: { list: RecommendationList; item: FeedItem; version: number } | null;
  /** How often interest was said again. */
  said: number;
  asking: boolean;
}

export class RecommendationsFeed implements Feed {
  readonly fields = ['user_id'] as const;
  unavailable: string | null = null;
  private readonly options: RecommendationsOptions;
  private readonly watched = new Map<string, Watched>();
  /** Of all users. */
  private readonly everybody = new Set<Subscriber>();
  private readonly versions = new Versions();
  private readonly unsubscribes: (() => void)[];
  private readonly timer: NodeJS.Timeout;

  constructor(options: RecommendationsOptions) {
    const { bus, process, renewMs = RENEW_MS } = options;
    this.options = options;
    this.unsubscribes = [
      bus.subscribe(TOPICS.inbox(process), (bytes) => this.hear(bytes)),
      bus.subscribe(TOPICS.owner, (bytes) => this.ownerChanged(bytes)),
    ];
    this.timer = setInterval(() => this.renew(), renewMs);
  }

  checkKey(): void {}

  serve(request: FeedRequest): Served {
    const subscriber = { request, values: latestValues(request) };
    const close = request.key === undefined ? this.watchAll(subscriber) : this.watch(subscriber, request.key);
    return { resume: () => subscriber.values.resume(), close };
  }

  private watchAll(subscriber: Subscriber): () => void {
    this.everybody.add(subscriber);
    return () => this.everybody.delete(subscriber);
  }

  private watch(subscriber: Subscriber, userId: string): () => void {
    const { tenant } = subscriber.request;
    const group = userGroup(tenant, userId);
    let user = this.watched.get(group);
    if (!user) {
      const partition = partitionOf(tenant, userId, this.options.partitions);
      user = { tenant, userId, partition, subscribers: new Set(), latest: null, said: 0, asking: false };
      this.watched.set(group, user);
      this.say(user);
    }
    user.subscribers.add(subscriber);
    if (user.latest) deliver(subscriber, userId, user.latest);
    return () => {
      user.subscribers.delete(subscriber);
      if (user.subscribers.size === 0) this.watched.delete(group);
    };
  }

  private say({ tenant, userId, partition, latest }: Watched): void {
    const { bus, process } = this.options;
    const message: InterestMessage = { kind: 'interest', inbox: process, tenant, userId, count: COUNT, model: MODEL };
    if (latest && !latest.list.degraded) message.have = latest.list.recommendation_id;
    bus.publish(TOPICS.interest(partition), encodeMessage(message));
  }

  private renew(): void {
    for (const user of this.watched.values()) {
      this.say(user);
      user.said++;
      // After the first time an answer may still be on its way.
      if (!user.latest && !user.asking && user.said > 1) void this.askFor(user);
    }
  }

  private async askFor(user: Watched): Promise<void> {
    const { tenant, userId } = user;
    user.asking = true;
    try {
      const list = await this.options.recommend({ tenant, userId, count: COUNT, model: MODEL });
      if (!user.latest && isList(list)) this.publish(tenant, list);
    } catch {
      // There is not even that: it is asked for again when interest is.
    } finally {
      user.asking = false;
    }
  }

  private ownerChanged(bytes: Uint8Array): void {
    const message = decodeMessage<OwnerMessage>(bytes);
    for (const user of this.watched.values()) if (user.partition === message?.partition) this.say(user);
  }

  private hear(bytes: Uint8Array): void {
    const message = decodeMessage<ListMessage>(bytes);
    if (message?.kind !== 'list' || typeof message.tenant !== 'string' || !isList(message.list)) return;
    this.publish(message.tenant, message.list);
  }

  private publish(tenant: string, list: RecommendationList): void {
    const { user_id: userId } = list;
    const version = this.versions.next(list.at);
    const item = itemOf({ key: userId, version, value: list });
    if (!item) return;
    const latest = { list, item, version };
    const user = this.watched.get(userGroup(tenant, userId));
    if (user) {
      user.latest = latest;
      for (const subscriber of user.subscribers) deliver(subscriber, userId, latest);
    }
    for (const subscriber of this.everybody) {
      if (subscriber.request.tenant === tenant) deliver(subscriber, userId, latest);
    }
  }

  close(): void {
    clearInterval(this.timer);
    for (const unsubscribe of this.unsubscribes) unsubscribe();
  }
}

function deliver({ request, values }: Subscriber, userId: string, { item, version }: NonNullable<Watched['latest']>) {
  if (request.filter.matches({ user_id: userId })) values.publish(userId, version, item);
}

function isList(list: unknown): list is RecommendationList {
  if (typeof list !== 'object' || list === null) return false;
  const { recommendation_id, user_id, at, tracks } = list as Partial<RecommendationList>;
  return (
    typeof recommendation_id === 'string' && typeof user_id === 'string' && Number.isFinite(at) && Array.isArray(tracks)
  );
}
