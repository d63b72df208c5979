/**
 * One subscription on the server's side: items and credit in, frames out. Pure: no clock, socket or storage.
 *
 * 1. SUBSCRIBED is the first frame and UNSUBSCRIBED the last; nothing comes after it.
 * 2. All items together never exceed the limit, which counts from SUBSCRIBED on and only grows.
 * 3. Without credit nothing is sent between the two. GAP and DATA without items cost none.
 * 4. A DATA stays within `DATA_MAX_BYTES` unless it is a single item that is larger.
 */
import type { UnsubscribedCode } from '../codes.ts';
import type { Gap, Subscribed, Unsubscribed } from '../frames.ts';
import { CURSOR_MAX, DATA_MAX_BYTES } from '../limits.ts';

export interface FeedData<T> {
  op: 'DATA';
  sub: number;
  offset: string;
  items: readonly T[];
}
export type FeedFrame<T> = Subscribed | FeedData<T> | Gap | Unsubscribed;

export interface FeedSink<T> {
  send(frame: FeedFrame<T>): void;
  /** Whether the connection takes another frame of items now. */
  readonly ready: boolean;
  /** Bytes of an item as it is encoded for this connection. */
  sizeOf(item: T): number;
}

export type SubscriptionState =
  /** SUBSCRIBE came; where it starts is being found out. */
  | 'starting'
  /** SUBSCRIBED was sent. */
  | 'open'
  /** UNSUBSCRIBED was sent. */
  | 'ended';

/** What a DATA has beside its items: the array's heads, the numbers, and an offset of characters that take three bytes each. */
const OVERHEAD_BYTES = 32 + 3 * CURSOR_MAX;
/** A comma under JSON. */
const BETWEEN_ITEMS_BYTES = 1;

export class FeedSubscription<T> {
  readonly sub: number;
  state: SubscriptionState = 'starting';
  private readonly sink: FeedSink<T>;
  private limit: number;
  private delivered = 0;
  private frame: T[] = [];
  private frameBytes = OVERHEAD_BYTES;

  constructor(sub: number, limit: number, sink: FeedSink<T>) {
    this.sub = sub;
    this.limit = limit;
    this.sink = sink;
  }

  start(position: Subscribed['position']): void {
    if (this.state !== 'starting') return;
    this.state = 'open';
    this.sink.send({ op: 'SUBSCRIBED', sub: this.sub, position });
  }

  /** A lower limit is ignored. */
  flow(limit: number): void {
    this.limit = Math.max(this.limit, limit);
  }

  /** Items sent, those of the frame that is being made included. */
  get sent(): number {
    return this.delivered + this.frame.length;
  }

  /** Items that may still be sent. */
  get credit(): number {
    return this.limit - this.sent;
  }

  /** Whether items may be sent now. */
  get wants(): boolean {
    return this.state === 'open' && this.credit > 0 && this.sink.ready;
  }

  /** Whether the frame that is being made holds something. */
  get filled(): boolean {
    return this.frame.length > 0;
  }

  /** Puts an item into the frame that is being made. False where it has no room for it, or there is no credit: flush it first. */
  offer(item: T): boolean {
    if (this.state !== 'open' || this.credit === 0) return false;
    const bytes = this.sink.sizeOf(item) + BETWEEN_ITEMS_BYTES;
    if (this.filled && this.frameBytes + bytes > DATA_MAX_BYTES) return false;
    this.frame.push(item);
    this.frameBytes += bytes;
    return true;
  }

  /** Sends the frame; `offset` covers everything up to and including it. An empty one only moves the offset. */
  flush(offset: string): void {
    if (this.state !== 'open') return;
    if (!this.filled && this.credit === 0) return;
    const items = this.frame;
    this.delivered += items.length;
    this.frame = [];
    this.frameBytes = OVERHEAD_BYTES;
    this.sink.send({ op: 'DATA', sub: this.sub, offset, items });
  }

  /** Something is missing between what was sent and what comes next; `skipped` null where nobody knows how much. Call it with credit. */
  gap(skipped: number | null, offset: string): void {
    if (this.state !== 'open') return;
    if (this.filled || this.credit === 0) throw new Error('a gap comes between frames, and not without credit');
    this.sink.send({ op: 'GAP', sub: this.sub, skipped, offset });
  }

  /** Ends or refuses it. What was not flushed is dropped. A second call does nothing. */
  end(code: UnsubscribedCode, message: string): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.frame = [];
    this.sink.send({ op: 'UNSUBSCRIBED', sub: this.sub, code, message });
  }
}
