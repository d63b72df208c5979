/**
 * One subscription of a client, over any number of connections: its credit, what waits for the consumer, and where it stands. Pure.
 *
 *   1. Items that came and were not released, and credit that was given and not used, together never exceed the window.
 *   2. It is asked for again from behind what came last, so nothing comes twice or is left out by a reconnect. What waits stays.
 *   3. What the consumer takes comes in the order of the wire, gaps too.
 */
import { ProtocolError } from '../codes.ts';
import type { Cursor, Data, Gap, Subscribe, Subscribed, SubscribeOptions } from '../frames.ts';
import { Backoff } from '../session/backoff.ts';
import { Deque } from '../session/deque.ts';

/** They go on from a position; the other feeds send their current value again. */
const LOG_FEEDS: readonly string[] = ['events', 'dead-letters'];

export type SubscriptionState =
  /** No connection has it: it will be asked for. */
  | 'waiting'
  /** SUBSCRIBE was sent. */
  | 'asked'
  /** SUBSCRIBED came. */
  | 'live'
  /** The consumer has gone; UNSUBSCRIBED has not come. */
  | 'leaving'
  /** Nothing more comes. */
  | 'ended';

export interface FeedGap {
  /** `skipped`: items were left out here. `not_recovered`: the position is gone, the feed begins anew at the oldest there is. */
  reason: 'skipped' | 'not_recovered';
  /** How many, where that is known. */
  skipped: number | null;
}

/** What is taken at once: items, or a gap before those that follow. */
export interface Taken {
  items: unknown[];
  gap: FeedGap | null;
  /** Covers everything taken, to the last whole frame. null before the first one, where nothing is known to go on from. */
  position: Cursor | null;
}

interface Part {
  items: unknown[];
  /** How many of the items were taken. */
  taken: number;
  gap: FeedGap | null;
  /** Covers all of it. */
  position: Cursor;
}

/** Why it ended, where nobody wished it. */
export interface EndReason {
  /** Of UNSUBSCRIBED, or of what ended the client. */
  code: string;
  message: string;
}

export interface SubscriptionRequest extends Omit<SubscribeOptions, 'limit'> {
  feed: string;
  /** How many items may wait for the consumer. */
  window: number;
  backoff?: { minMs?: number; maxMs?: number };
  /** There is something to take, or the state is another one. */
  onChange(): void;
}

export class ClientSubscription {
  state: SubscriptionState = 'waiting';
  reason: EndReason | null = null;
  /** Covers exactly what was taken, to the last whole frame. */
  position: Cursor | null;
  /** When it may be asked for, ms of the session's clock. */
  dueAt = 0;
  readonly backoff: Backoff;
  readonly #request: SubscriptionRequest;
  readonly #queue = new Deque<Part>();
  /** Covers everything that came. */
  #cameTo: Cursor | null;
  /** Items that came and were not released. */
  #kept = 0;
  /** On this connection: items that came, and how many may. */
  #came = 0;
  #limit = 0;

  constructor(request: SubscriptionRequest) {
    this.#request = request;
    this.position = this.#cameTo = request.from ?? null;
    this.backoff = new Backoff(request.backoff?.minMs, request.backoff?.maxMs);
  }

  // The consumer's side

  /** Up to `most` items, or a gap; null if there is nothing now. */
  take(most: number): Taken | null {
    const part = this.#queue.at(0);
    if (!part) return null;
    const items = part.items.slice(part.taken, part.taken + most);
    part.taken += items.length;
    if (part.taken === part.items.length) {
      this.#queue.shift();
      this.position = part.position;
    }
    return { items, gap: part.gap, position: this.position };
  }

  /** The consumer is done with as many items: others may come. */
  release(count: number): void {
    this.#kept = Math.max(0, this.#kept - count);
  }

  /** Items that came and were not released. */
  get waiting(): number {
    return this.#kept;
  }

  /** Items that the server may send now. */
  get credit(): number {
    return this.#limit - this.#came;
  }

  /** Nobody takes any more. What waits is let go. */
  leave(): void {
    while (this.#queue.shift());
    this.#kept = 0;
    if (this.state === 'asked' || this.state === 'live') this.state = 'leaving';
    else if (this.state === 'waiting') this.state = 'ended';
  }

  /** Nothing more comes; what waits may still be taken. */
  end(reason: EndReason | null): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.reason = reason;
    this.#request.onChange();
  }

  // The wire's side

  subscribe(sub: number): Subscribe {
    const { feed, key, filter, window } = this.#request;
    this.state = 'asked';
    this.#came = 0;
    this.#limit = window - this.#kept;
    const from = LOG_FEEDS.includes(feed) ? (this.#cameTo ?? undefined) : undefined;
    return { op: 'SUBSCRIBE', sub, feed, options: { limit: this.#limit, key, filter, from } };
  }

  /** Half a window can be given. */
  get wantsToRaise(): boolean {
    const { window } = this.#request;
    return this.state === 'live' && window - this.#kept - this.credit >= window / 2;
  }

  /** The new limit; null while less than half a window can be given. */
  raise(): number | null {
    if (!this.wantsToRaise) return null;
    this.#limit = this.#came + this.#request.window - this.#kept;
    return this.#limit;
  }

  /** The connection is gone, or the server cannot serve it now. */
  drop(dueAt = this.dueAt): void {
    this.dueAt = dueAt;
    this.state = this.state === 'leaving' || this.state === 'ended' ? 'ended' : 'waiting';
    this.#came = this.#limit = 0;
    this.#request.onChange();
  }

  /** Throws ProtocolError for what a server must not send. */
  receive(frame: Subscribed | Data | Gap): void {
    if (this.state === 'leaving') return;
    if (frame.op === 'SUBSCRIBED') return this.#subscribed(frame);
    if (this.state !== 'live') throw new ProtocolError(`${frame.op} came before SUBSCRIBED`);
    const position = { epoch: this.#cameTo!.epoch, offset: frame.offset };
    if (frame.op === 'GAP') this.#gap({ reason: 'skipped', skipped: frame.skipped }, position);
    else if (frame.items.length === 0) this.#moveTo(position);
    else this.#items(frame.items, position);
  }

  #subscribed({ position: { epoch, offset, recovered } }: Subscribed): void {
    if (this.state !== 'asked') throw new ProtocolError('a second SUBSCRIBED');
    this.state = 'live';
    if (recovered === false) this.#gap({ reason: 'not_recovered', skipped: null }, { epoch, offset });
    else this.#moveTo({ epoch, offset });
    this.#request.onChange();
  }

  #items(items: unknown[], position: Cursor): void {
    if (items.length > this.credit) throw new ProtocolError('more items than credit');
    this.#came += items.length;
    this.#kept += items.length;
    this.backoff.reset();
    this.#put({ items, taken: 0, gap: null, position });
  }

  #moveTo(position: Cursor): void {
    this.#cameTo = position;
    const last = this.#last;
    if (last) last.position = position;
    else this.position = position;
  }

  /** Costs no credit: those that follow each other are one, so that nothing grows without bound. */
  #gap(gap: FeedGap, position: Cursor): void {
    const before = this.#last?.gap;
    if (!before) return this.#put({ items: [], taken: 0, gap, position });
    this.#moveTo(position);
    before.skipped = before.skipped === null || gap.skipped === null ? null : before.skipped + gap.skipped;
    if (gap.reason === 'not_recovered') before.reason = gap.reason;
  }

  #put(part: Part): void {
    this.#cameTo = part.position;
    this.#queue.push(part);
    this.#request.onChange();
  }

  get #last(): Part | undefined {
    return this.#queue.at(this.#queue.length - 1);
  }
}
