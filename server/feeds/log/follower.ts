/**
 * One subscription to a log feed: its position in each partition, and what it still has to read. Without credit, or while its connection
 * takes nothing, it waits in storage: it reads nothing and holds nothing but its positions (and at most one read of its own).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedSubscription } from '../../../protocol/feed/server-subscription.ts';
import type { Served } from '../feed.ts';
import type { FeedItem } from '../item.ts';
import type { Block, LogItem } from './block.ts';
import { encodeOffset, OffsetError } from './offset.ts';
import type { LogBounds, LogSource } from './source.ts';
import type { PartitionTail, TailReader } from './tail.ts';

/** Items looked at before others have their turn. */
const LOOK_AT = 2_000;
/** After this many items that did not match the offset moves by itself. */
const MOVE_AFTER = 1_000;
const READ_BYTES = 64 * 1024;
/** A log that has nothing where it should have something is asked again after this time. */
const NOTHING_MS = 1_000;

export interface FollowerParts {
  source: LogSource;
  /** Of the log that its positions are of. */
  identity: string;
  /** By partition. */
  tails: readonly PartitionTail[];
  subscription: FeedSubscription<FeedItem>;
  /** The position that comes next, of each of its partitions. */
  next: Map<number, number>;
  matches(item: LogItem): boolean;
  /** Told of what should not be. */
  onError(error: unknown): void;
}

export class LogFollower implements Served, TailReader {
  private readonly parts: FollowerParts;
  private readonly partitions: readonly number[];
  private readonly next: Map<number, number>;
  private readonly subscription: FeedSubscription<FeedItem>;
  private readonly stopped = new AbortController();
  private turn = 0;
  private left = 0;
  private passedOver = 0;
  private scheduled = false;
  private following = false;
  /** What it read for itself. */
  private own: { partition: number; blocks: readonly Block[] } | null = null;
  private reading = false;

  constructor(parts: FollowerParts) {
    this.parts = parts;
    this.next = parts.next;
    this.partitions = [...parts.next.keys()];
    this.subscription = parts.subscription;
  }

  /** Throws OffsetError. */
  get offset(): string {
    const { source } = this.parts;
    return encodeOffset(source.stream, { partitions: source.log.partitions, next: this.next });
  }

  resume(): void {
    this.wake();
  }

  wake(): void {
    if (this.scheduled || this.stopped.signal.aborted) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  fail(): void {
    this.subscription.end('unavailable', 'the log cannot be read now; go on from the last offset');
  }

  close(): void {
    this.stopped.abort();
    this.leaveTails();
    this.own = null;
  }

  private pump(): void {
    if (this.stopped.signal.aborted) return;
    try {
      this.deliver();
    } catch (error) {
      if (error instanceof OffsetError) return this.subscription.end('unavailable', error.message);
      this.parts.onError(error);
      this.subscription.end('unavailable', 'the feed failed');
    }
  }

  private deliver(): void {
    this.left = LOOK_AT;
    const { partitions, subscription } = this;
    for (let i = 0; i < partitions.length && subscription.wants && this.left > 0; i++) {
      this.drain(partitions[(this.turn + i) % partitions.length]!);
    }
    this.turn++;
    if (subscription.filled || this.passedOver >= MOVE_AFTER) this.flush();
    if (!subscription.wants) this.leaveTails();
    else if (this.left <= 0) this.wake();
    else this.wait();
  }

  /** Sends what is there of a partition, until it is at its end, something has to be read, or nothing more may be sent. */
  private drain(partition: number): void {
    while (this.left > 0) {
      const position = this.next.get(partition)!;
      const block = this.find(partition, position);
      if (typeof block === 'string') return;
      const first = block.items[0]?.position ?? block.last + 1;
      if (first > position) {
        if (!this.skipTo(partition, first)) return;
        continue;
      }
      if (!this.send(partition, block, position - first)) return;
    }
  }

  private send(partition: number, { items }: Block, from: number): boolean {
    const { subscription } = this;
    const until = Math.min(items.length, from + this.left);
    this.left -= until - from;
    for (let i = from; i < until; i++) {
      const { item, position } = items[i]!;
      if (!this.parts.matches(items[i]!)) this.passedOver++;
      else if (!subscription.offer(item)) {
        this.flush();
        if (!subscription.wants) return false;
        subscription.offer(item);
      }
      this.next.set(partition, position + 1);
    }
    return true;
  }

  /** Says that what was before the position is not there any more. False if it may not be said yet. */
  private skipTo(partition: number, position: number): boolean {
    if (this.subscription.filled) this.flush();
    if (!this.subscription.wants) return false;
    this.next.set(partition, position);
    this.subscription.gap(null, this.offset);
    return true;
  }

  private flush(): void {
    this.passedOver = 0;
    this.subscription.flush(this.offset);
  }

  private find(partition: number, position: number): Block | 'end' | 'behind' {
    if (this.own?.partition === partition) {
      const block = this.own.blocks.find(({ from, last }) => from <= position && position <= last);
      if (block) return block;
      this.own = null;
    }
    return this.parts.tails[partition]!.find(position);
  }

  /** Everything that was there is sent: waits at the ends, and reads one of the partitions that are behind. */
  private wait(): void {
    this.following = true;
    for (let i = 0; i < this.partitions.length; i++) {
      const partition = this.partitions[(this.turn + i) % this.partitions.length]!;
      const position = this.next.get(partition)!;
      const found = this.find(partition, position);
      if (found === 'end') this.parts.tails[partition]!.follow(this, position);
      else if (found === 'behind') void this.read(partition, position);
      else this.wake();
    }
  }

  private async read(partition: number, position: number): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    const { source } = this.parts;
    try {
      let blocks = await source.read(partition, position, READ_BYTES);
      if (blocks.length === 0) blocks = [await source.gone(partition, position)].filter((block) => block !== null);
      if (this.stopped.signal.aborted) return;
      if (blocks.length > 0) this.own = { partition, blocks: this.beforeRing(partition, blocks) };
      else await sleep(NOTHING_MS, undefined, { signal: this.stopped.signal });
    } catch {
      this.fail();
    } finally {
      this.reading = false;
      this.wake();
    }
  }

  /** No more than it needs to meet the ring: beyond that it would be ahead of the others, and they would have to read for themselves. */
  private beforeRing(partition: number, blocks: readonly Block[]): readonly Block[] {
    const { start } = this.parts.tails[partition]!;
    return blocks.filter(({ from }) => from < start);
  }

  private leaveTails(): void {
    if (!this.following) return;
    this.following = false;
    for (const partition of this.partitions) this.parts.tails[partition]!.leave(this);
  }

  /** Now and then: tells where it is, though nothing matched. */
  tell(): void {
    if (this.passedOver > 0 && this.subscription.wants) this.flush();
  }

  /** Ends it where the log is another one now, or holds less than was sent of it: it gives those positions out anew. */
  check({ identity, partitions }: LogBounds): void {
    const isBeyond = this.partitions.some((partition) => this.next.get(partition)! > partitions[partition]!.last + 1);
    if (!isBeyond && identity === this.parts.identity) return;
    this.subscription.end(
      'unavailable',
      'the log lost what was sent of it; go on from the last offset as far as there is something',
    );
  }
}
