/**
 * The feed `recommendations`. The owner of a user's partition makes that user's lists; here only interest is registered with it, again and
 * again, and what arrives is delivered. Where nobody answers, what is popular stands in.
 */
import { partitionOf } from '../../../format/partition.ts';
import type { LatestValues } from '../../../protocol/feed/latest.ts';
import { decodeMessage, encodeMessage } from '../../bus/message.ts';
import { type InterestMessage, type ListMessage, type OwnerMessage, TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import { userGroup } from '../../features/groups.ts';
import type { RecommendationList } from '../../recommend/port.ts';
import type { Feed, FeedRequest, Served } from '../feed.ts';
import { type FeedItem, itemOf } from '../item.ts';
import { Popular } from './popular.ts';
import { latestValues, Versions } from './values.ts';

const RENEW_MS = 2_000;
const COUNT = 20;
const MODEL = 'blend';

export interface RecommendationsOptions {
  bus: LiveBus;
  /** Where lists for this process come in. */
  process: string;
  partitions: number;
  /** How often interest is said again, ms. Who has no list by then gets a popular one. */
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
  /** How often interest was said. */
  said: number;
}

export class RecommendationsFeed implements Feed {
  readonly fields = ['user_id'] as const;
  private readonly options: RecommendationsOptions;
  private readonly popular: Popular;
  private readonly watched = new Map<string, Watched>();
  /** Of all users. */
  private readonly everybody = new Set<Subscriber>();
  private readonly versions = new Versions();
  private readonly unsubscribes: (() => void)[];
  private readonly timer: NodeJS.Timeout;

  constructor(options: RecommendationsOptions) {
    const { bus, process, renewMs = RENEW_MS } = options;
    this.options = options;
    this.popular = new Popular(bus);
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
      user = { tenant, userId, partition, subscribers: new Set(), latest: null, said: 0 };
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
    bus.publish(TOPICS.ask(partition), encodeMessage(message));
  }

  private renew(): void {
    for (const user of this.watched.values()) {
      this.say(user);
      user.said++;
      if (!user.latest || user.latest.list.degraded) this.offerPopular(user);
    }
  }

  private offerPopular(user: Watched): void {
    const list = this.popular.list(user.tenant, user.userId, COUNT, Date.now());
    // Interest was just said for the first time: an answer may be on its way.
    if (list && user.said > 1 && !hasSameTracks(list, user.latest?.list)) this.publish(user.tenant, list);
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
    this.popular.close();
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

function hasSameTracks(one: RecommendationList, other: RecommendationList | undefined): boolean {
  if (one.tracks.length !== other?.tracks.length) return false;
  return one.tracks.every(({ track_id }, i) => track_id === other.tracks[i]!.track_id);
}
