/**
 * The subscriptions of one connection: their frames in order, and how many bytes of them are on their way to the socket. A socket that
 * takes nothing only makes its subscriptions wait: what they wait for stays in the log, or is conflated.
 */
import type { Codec, Message } from '../../protocol/codec.ts';
import { encodeFeedFrame } from '../../protocol/feed/encode.ts';
import { checkKey, FilterError, parseFilter } from '../../protocol/feed/filter.ts';
import { type FeedFrame, type FeedSink, FeedSubscription } from '../../protocol/feed/server-subscription.ts';
import type { Subscribe } from '../../protocol/frames.ts';
import { SUBSCRIPTIONS_MAX, type Subprotocol } from '../../protocol/limits.ts';
import { codecFor } from '../../protocol/wire.ts';
import { mayRead } from './access.ts';
import { type Feed, type FeedName, isFeedName, type Served } from './feed.ts';
import type { FeedItem } from './item.ts';
import { type Access, type FeedsOwner, IN_FLIGHT_BYTES, messageBytes } from './port.ts';

interface Entry {
  feed: FeedName;
  key: string | undefined;
  subscription: FeedSubscription<FeedItem>;
  served: Served | null;
}

export class FeedConnection implements FeedSink<FeedItem> {
  private readonly id: number;
  private readonly codec: Codec;
  private readonly feeds: Readonly<Record<FeedName, Feed>>;
  private readonly owner: FeedsOwner;
  private access: Access;
  /** By `sub`. Who comes first when there is room again takes turns. */
  private readonly entries = new Map<number, Entry>();
  private outbox: Message[] = [];
  private ended: number[] = [];
  private inFlight = 0;

  constructor(
    id: number,
    subprotocol: Subprotocol,
    access: Access,
    feeds: Readonly<Record<FeedName, Feed>>,
    owner: FeedsOwner,
  ) {
    this.id = id;
    this.codec = codecFor(subprotocol);
    this.access = access;
    this.feeds = feeds;
    this.owner = owner;
  }

  subscribe({ sub, feed: name, options }: Subscribe): void {
    if (this.entries.has(sub)) return this.owner.violation(this.id, `subscription ${sub} is in use`);
    const subscription = new FeedSubscription<FeedItem>(sub, options.limit, this);
    if (!isFeedName(name)) return subscription.end('unknown_feed', 'there is no such feed');
    if (this.entries.size >= SUBSCRIPTIONS_MAX) {
      return subscription.end('too_many', `a connection has at most ${SUBSCRIPTIONS_MAX} subscriptions`);
    }
    const { key, from } = options;
    if (!mayRead(this.access, name, key)) return subscription.end('forbidden', 'the token does not allow it');
    const feed = this.feeds[name];
    if (feed.unavailable) return subscription.end('unavailable', feed.unavailable);
    try {
      checkKey(key);
      feed.checkKey(key);
      const filter = parseFilter(options.filter, feed.fields);
      const entry: Entry = { feed: name, key, subscription, served: null };
      this.entries.set(sub, entry);
      entry.served = feed.serve({ tenant: this.access.tenant, key, filter, from, subscription });
      if (this.entries.get(sub) !== entry) entry.served.close();
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      subscription.end('invalid_filter', error.message);
    }
  }

  flow(sub: number, limit: number): void {
    const entry = this.entries.get(sub);
    if (!entry) return;
    entry.subscription.flow(limit);
    entry.served?.resume();
  }

  unsubscribe(sub: number): void {
    this.entries.get(sub)?.subscription.end('ok', '');
  }

  authorise(access: Access): void {
    const sameTenant = access.tenant === this.access.tenant;
    this.access = access;
    for (const { feed, key, subscription } of [...this.entries.values()]) {
      if (!sameTenant || !mayRead(access, feed, key)) subscription.end('forbidden', 'the new token does not allow it');
    }
  }

  get ready(): boolean {
    return this.inFlight < IN_FLIGHT_BYTES;
  }

  sizeOf(item: FeedItem): number {
    return item.encoded(this.codec).bytes;
  }

  send(frame: FeedFrame<FeedItem>): void {
    const message = encodeFeedFrame(
      this.codec,
      frame.op === 'DATA' ? { ...frame, items: frame.items.map((item) => item.encoded(this.codec)) } : frame,
    );
    this.inFlight += messageBytes(message);
    this.outbox.push(message);
    if (this.outbox.length === 1) queueMicrotask(() => this.post());
    if (frame.op === 'UNSUBSCRIBED') this.forget(frame.sub);
  }

  private forget(sub: number): void {
    this.ended.push(sub);
    const entry = this.entries.get(sub);
    this.entries.delete(sub);
    entry?.served?.close();
  }

  private post(): void {
    const { outbox, ended } = this;
    this.outbox = [];
    this.ended = [];
    this.owner.frames(this.id, outbox, ended);
  }

  taken(bytes: number): void {
    const waited = !this.ready;
    this.inFlight = Math.max(0, this.inFlight - bytes);
    if (!waited) return;
    for (const [sub, entry] of [...this.entries]) {
      if (!this.ready) return;
      entry.served?.resume();
      // The others come first next time.
      if (this.entries.delete(sub)) this.entries.set(sub, entry);
    }
  }

  /** Ends its subscriptions to feeds that have become unavailable. */
  endUnavailable(): void {
    for (const { feed, subscription } of [...this.entries.values()]) {
      const why = this.feeds[feed].unavailable;
      if (why) subscription.end('unavailable', why);
    }
  }

  /** Something went wrong: its clients subscribe again. */
  fail(): void {
    for (const { subscription } of [...this.entries.values()]) subscription.end('unavailable', 'the feed failed');
  }

  /** The socket is gone. */
  close(): void {
    const entries = [...this.entries.values()];
    this.entries.clear();
    for (const { served } of entries) served?.close();
  }
}
