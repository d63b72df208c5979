/** All subscriptions of a process: its connections, and the feeds that they read. Runs in a thread of its own, or anywhere else. */
import type { Subscribe } from '../../protocol/frames.ts';
import type { Subprotocol } from '../../protocol/limits.ts';
import type { LiveBus } from '../bus/port.ts';
import { type FeatureAnswer, type FeatureRequest, FeatureRequestError } from '../features/request.ts';
import { FeedConnection } from './connection.ts';
import type { Feed, FeedLogger, FeedName } from './feed.ts';
import type { ServerFigures } from './figures.ts';
import { FeaturesFeed, type ReadUserValues } from './latest/features.ts';
import { RecommendationsFeed } from './latest/recommendations.ts';
import { StatsFeed } from './latest/stats.ts';
import { LogFeed, type LogFeedOptions } from './log/log-feed.ts';
import type { FeedLog } from './log/source.ts';
import type { Access, FeatureReply, FeedsOwner, FeedsThread } from './port.ts';

export interface FeedsParts {
  /** Closed by whoever opened it, as is the bus; after `stop`. */
  log: FeedLog;
  bus: LiveBus;
  features: {
    userValues: ReadUserValues;
    /** Throws FeatureRequestError. */
    lookup(request: FeatureRequest): Promise<FeatureAnswer>;
  };
  /** False where no process can process what is stored: features and lists never change. */
  processing?: boolean;
  /** This process, within a cluster. */
  process: string;
  owner: FeedsOwner;
  logger: FeedLogger;
  /** For tests: shorter times. */
  timing?: LogFeedOptions & { renewMs?: number; unprocessedMs?: number };
}

/** No processor was heard of for so long: features stay as they are for longer than a takeover takes. */
const UNPROCESSED_MS = 15_000;
const TURNED_OFF = 'processing is turned off on this server';
const NO_PROCESSOR = 'no processor is running';

export function createFeeds(parts: FeedsParts): FeedsThread {
  return new Feeds(parts);
}

class Feeds implements FeedsThread {
  private readonly parts: FeedsParts;
  private readonly figures: StatsFeed;
  private readonly features: FeaturesFeed;
  private processedAt = performance.now();
  private readonly feeds: Readonly<Record<FeedName, Feed>>;
  private readonly connections = new Map<number, FeedConnection>();

  constructor(parts: FeedsParts) {
    const { log, bus, features, process, owner, logger, timing = {}, processing = true } = parts;
    this.parts = parts;
    this.figures = new StatsFeed(bus);
    this.features = new FeaturesFeed(bus, features.userValues, logger);
    const recommendations = new RecommendationsFeed({
      ...{ bus, process, partitions: log.partitions, renewMs: timing.renewMs },
      recommend: (request) => owner.recommend(request),
    });
    if (!processing) this.features.unavailable = recommendations.unavailable = TURNED_OFF;
    this.feeds = {
      stats: this.figures,
      events: new LogFeed(log, 'events', logger, timing),
      'dead-letters': new LogFeed(log, 'dead-letters', logger, timing),
      features: this.features,
      recommendations,
    };
  }

  open(connection: number, subprotocol: Subprotocol, access: Access): void {
    const { owner } = this.parts;
    this.connections.set(connection, new FeedConnection(connection, subprotocol, access, this.feeds, owner));
  }

  subscribe(connection: number, frame: Subscribe): void {
    this.at(connection, (one) => one.subscribe(frame));
  }

  flow(connection: number, sub: number, limit: number): void {
    this.at(connection, (one) => one.flow(sub, limit));
  }

  unsubscribe(connection: number, sub: number): void {
    this.at(connection, (one) => one.unsubscribe(sub));
  }

  authorise(connection: number, access: Access): void {
    this.at(connection, (one) => one.authorise(access));
  }

  taken(connection: number, bytes: number): void {
    this.at(connection, (one) => one.taken(bytes));
  }

  /** Nobody hears of what is thrown by a call that has no answer. */
  private at(id: number, call: (connection: FeedConnection) => void): void {
    const connection = this.connections.get(id);
    if (!connection) return;
    try {
      call(connection);
    } catch (error) {
      this.parts.logger.error({ err: error }, 'a connection of the feeds failed, its subscriptions end');
      connection.fail();
    }
  }

  close(connection: number): void {
    this.connections.get(connection)?.close();
    this.connections.delete(connection);
  }

  stats(figures: ServerFigures): void {
    this.figures.publish(figures);
    if (this.parts.processing !== false) this.watchProcessors();
  }

  /** Without processors the last lists stay and degraded ones come, and say so; features would just be silent. */
  private watchProcessors(): void {
    const { timing: { unprocessedMs = UNPROCESSED_MS } = {} } = this.parts;
    const now = performance.now();
    if (this.figures.processed) this.processedAt = now;
    this.features.unavailable = now - this.processedAt > unprocessedMs ? NO_PROCESSOR : null;
    if (this.features.unavailable) for (const connection of this.connections.values()) connection.endUnavailable();
  }

  async lookup(request: FeatureRequest): Promise<FeatureReply> {
    try {
      return { answer: await this.parts.features.lookup(request) };
    } catch (error) {
      if (!(error instanceof FeatureRequestError)) throw error;
      return { refused: { code: error.code, message: error.message } };
    }
  }

  async stop(): Promise<void> {
    for (const connection of this.connections.values()) connection.close();
    this.connections.clear();
    for (const feed of Object.values(this.feeds)) feed.close();
  }
}
