/** The feeds `events` and `dead-letters`: the log's streams, from where a subscriber says, or from their end. */
import type { Stream } from '../../../format/model.ts';
import { partitionOf } from '../../../format/partition.ts';
import type { FilterField } from '../../../protocol/feed/filter.ts';
import type { Cursor, Subscribed } from '../../../protocol/frames.ts';
import type { Feed, FeedLogger, FeedRequest, Served } from '../feed.ts';
import type { LogItem } from './block.ts';
import { LogFollower } from './follower.ts';
import { decodeOffset, OffsetError } from './offset.ts';
import { type FeedLog, type LogBounds, LogSource } from './source.ts';
import { PartitionTail } from './tail.ts';

/** Bytes of entries in all rings of a stream, and at least in each. */
const RINGS_BYTES = 4 * 1024 * 1024;
const RING_MIN_BYTES = 64 * 1024;
const SWEEP_MS = 5_000;
/** What a `key` may be. */
const KEY_FIELDS = ['user_id', 'session_id', 'track_id'] as const;

export interface LogFeedOptions {
  /** How long trouble of storage is waited out, ms. */
  giveUpMs?: number;
  sweepMs?: number;
  /** Bytes of entries in each partition's ring. */
  ringBytes?: number;
}

export class LogFeed implements Feed {
  readonly fields: readonly FilterField[];
  private readonly source: LogSource;
  private readonly tails: readonly PartitionTail[];
  private readonly followers = new Set<LogFollower>();
  private readonly logger: FeedLogger;
  private readonly sweeper: NodeJS.Timeout;

  constructor(log: FeedLog, stream: Stream, logger: FeedLogger, options: LogFeedOptions = {}) {
    const { giveUpMs, sweepMs = SWEEP_MS } = options;
    const common = ['type', 'action', 'user_id', 'session_id', 'track_id'] as const;
    this.fields = stream === 'events' ? common : [...common, 'code'];
    this.logger = logger;
    this.source = new LogSource(log, stream, giveUpMs);
    const { ringBytes = Math.max(RING_MIN_BYTES, RINGS_BYTES / log.partitions) } = options;
    this.tails = Array.from(
      { length: log.partitions },
      (_, partition) => new PartitionTail(this.source, partition, ringBytes),
    );
    this.sweeper = setInterval(() => void this.sweep(), sweepMs);
  }

  checkKey(): void {}

  serve(request: FeedRequest): Served {
    let follower: LogFollower | null = null;
    let open = true;
    this.start(request)
      .then((started) => {
        if (!open || !started) return;
        follower = started;
        this.followers.add(started);
        started.resume();
      })
      .catch((error) => {
        const message = error instanceof OffsetError ? error.message : 'the log cannot be read now';
        request.subscription.end('unavailable', message);
      });
    return {
      resume: () => follower?.resume(),
      close: () => {
        open = false;
        if (!follower) return;
        follower.close();
        this.followers.delete(follower);
      },
    };
  }

  private async start(request: FeedRequest): Promise<LogFollower | null> {
    const { subscription, from } = request;
    const bounds = await this.source.bounds();
    const partitions = this.partitionsOf(request);
    const { next, recovered } = this.startAt(bounds, partitions, from);
    const follower = new LogFollower({
      source: this.source,
      identity: bounds.identity,
      tails: this.tails,
      subscription,
      next,
      matches: matcher(request),
      onError: (error) => this.logger.error({ err: error }, 'a subscription failed'),
    });
    const position: Subscribed['position'] = { epoch: bounds.identity, offset: follower.offset };
    if (recovered !== undefined) position.recovered = recovered;
    if (subscription.state !== 'starting') return null;
    subscription.start(position);
    return follower;
  }

  /** An event lies in its user's partition; a dead letter may lie elsewhere. */
  private partitionsOf({ tenant, filter }: FeedRequest): readonly number[] {
    const { length } = this.tails;
    const users = this.source.stream === 'events' ? filter.only('user_id') : null;
    if (!users) return Array.from({ length }, (_, partition) => partition);
    const own = [...users].filter((user) => typeof user === 'string').map((user) => partitionOf(tenant, user, length));
    return [...new Set(own)].sort((a, b) => a - b);
  }

  /** A position that is gone in one partition is gone as a whole: the feed then starts at the oldest that is retained. */
  private startAt(
    { identity, partitions: states }: LogBounds,
    partitions: readonly number[],
    from: Cursor | undefined,
  ): { next: Map<number, number>; recovered?: boolean } {
    const at = (position: (partition: number) => number) =>
      new Map(partitions.map((partition) => [partition, position(partition)]));
    if (!from) return { next: at((partition) => states[partition]!.last + 1) };
    const place = from.epoch === identity ? decodeOffset(this.source.stream, from.offset) : null;
    const recovered =
      place?.partitions === states.length &&
      partitions.every((partition) => {
        const position = place.next.get(partition);
        const { first, last } = states[partition]!;
        return position !== undefined && position >= first && position <= last + 1;
      });
    const next = at((partition) => (recovered ? place.next.get(partition)! : states[partition]!.first));
    return { next, recovered };
  }

  /** Moves the offsets of those for whom nothing came, and ends those whose log was lost under them. */
  private async sweep(): Promise<void> {
    if (this.followers.size === 0) return;
    for (const follower of this.followers) follower.tell();
    // Trouble is noticed by whoever reads.
    const bounds = await this.source.boundsNow().catch(() => null);
    if (!bounds) return;
    for (const follower of [...this.followers]) follower.check(bounds);
  }

  close(): void {
    clearInterval(this.sweeper);
    for (const follower of this.followers) follower.close();
    this.followers.clear();
  }
}

function matcher({ tenant, key, filter }: FeedRequest): (item: LogItem) => boolean {
  return (item) =>
    item.tenant === tenant &&
    (key === undefined || KEY_FIELDS.some((field) => item.fields[field] === key)) &&
    (filter.all || filter.matches(item.fields));
}
