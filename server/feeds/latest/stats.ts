/** The feed `stats`: this server's figures, and those of the cluster, once a second. */
import { FilterError } from '../../../protocol/feed/filter.ts';
import type { LatestValues } from '../../../protocol/feed/latest.ts';
import { decodeMessage, encodeMessage } from '../../bus/message.ts';
import { TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import type { Feed, FeedRequest, Served } from '../feed.ts';
import type { ServerFigures, StatsValue } from '../figures.ts';
import { FeedItem, itemOf } from '../item.ts';
import { addFigures } from './cluster.ts';
import { History } from './history.ts';
import { latestValues, Versions } from './values.ts';

const KEYS = ['server', 'cluster'] as const;
type Key = (typeof KEYS)[number];

/** A server from which nothing came for this time is not there. */
const HEARD_MS = 3_000;
/** More than a cluster has. */
const MOST_SERVERS = 256;

class Channel {
  readonly key: Key;
  readonly history = new History();
  readonly subscribers = new Set<Subscriber>();
  private readonly versions = new Versions();
  private latest: { figures: ServerFigures; version: number; item: FeedItem } | null = null;

  constructor(key: Key) {
    this.key = key;
  }

  publish(figures: ServerFigures): void {
    const version = this.versions.next(figures.at);
    const item = itemOf({ key: this.key, version, value: figures satisfies StatsValue });
    if (!item) return;
    this.history.add(figures);
    this.latest = { figures, version, item };
    this.tell(this.subscribers);
  }

  /** Who has got nothing yet gets the history with it, made once for all of them. */
  tell(subscribers: Iterable<Subscriber>): void {
    if (!this.latest) return;
    const { figures, version, item } = this.latest;
    let first: FeedItem | null = null;
    for (const { request, values } of subscribers) {
      if (request.subscription.sent > 0) values.publish(this.key, version, item);
      else {
        const value: StatsValue = { ...figures, history: this.history.value };
        first ??= new FeedItem({ key: this.key, version, value });
        values.publish(this.key, version, first);
      }
    }
  }
}

interface Subscriber {
  request: FeedRequest;
  values: LatestValues<FeedItem>;
}

export class StatsFeed implements Feed {
  readonly fields = [];
  private readonly channels = { server: new Channel('server'), cluster: new Channel('cluster') };
  private readonly heard = new Map<string, { figures: ServerFigures; at: number }>();
  private readonly bus: LiveBus;
  private readonly unsubscribe: () => void;
  private own: string | null = null;
  /** Whether a process that was heard of lately has a processor. */
  processed = false;

  constructor(bus: LiveBus) {
    this.bus = bus;
    this.unsubscribe = bus.subscribe(TOPICS.stats, (bytes) => this.hear(bytes));
  }

  /** This server's figures: it publishes them, and adds up what it has heard of the others. */
  publish(figures: ServerFigures): void {
    this.own = figures.server;
    this.bus.publish(TOPICS.stats, encodeMessage(figures));
    this.channels.server.publish(figures);
    const now = performance.now();
    for (const [server, { at }] of this.heard) if (now - at > HEARD_MS) this.heard.delete(server);
    const all = [figures, ...[...this.heard.values()].map((other) => other.figures)];
    this.processed = all.some(({ processor }) => processor !== null);
    this.channels.cluster.publish(addFigures(all));
  }

  private hear(bytes: Uint8Array): void {
    const figures = decodeMessage<ServerFigures>(bytes);
    if (!isComplete(figures) || figures.server === this.own) return;
    if (this.heard.size >= MOST_SERVERS && !this.heard.has(figures.server)) return;
    this.heard.set(figures.server, { figures, at: performance.now() });
  }

  checkKey(key: string | undefined): void {
    if (key !== undefined && !(KEYS as readonly string[]).includes(key)) {
      throw new FilterError(`the key of this feed is one of ${KEYS.join(', ')}`);
    }
  }

  serve(request: FeedRequest): Served {
    const channel = this.channels[(request.key ?? 'server') as Key];
    const subscriber = { request, values: latestValues(request) };
    channel.subscribers.add(subscriber);
    channel.tell([subscriber]);
    return {
      resume: () => subscriber.values.resume(),
      close: () => channel.subscribers.delete(subscriber),
    };
  }

  close(): void {
    this.unsubscribe();
  }
}

/** What a server of another version sends may lack what would be added up. */
function isComplete(figures: Partial<ServerFigures> | null): figures is ServerFigures {
  if (typeof figures?.server !== 'string') return false;
  try {
    const probe = addFigures([figures as ServerFigures]);
    return Number.isFinite(probe.events.received + probe.credit.granted + probe.connections.publishers);
  } catch {
    return false;
  }
}
