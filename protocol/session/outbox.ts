/**
 * The events of one producer that are not settled, in the order of their numbers.
 *
 *      1 ........ done | done+1 ............ used | used+1 ......... tracked
 *        settled       |   may have been sent     |   never sent
 *
 * Numbers are places, they are stored nowhere: what stands in front decides what number an event has. So an event that was never sent
 * can be taken out, and those behind it move down; one that may have been sent keeps its number and goes out as nil.
 *
 * Invariants:
 *   1. done <= used, and every number from done+1 to tracked has exactly one entry.
 *   2. A number up to `used` never changes its event, other than to nil.
 *   3. `done`, `used` and `sent` never fall, but by `renumber`.
 */
import type { EncodedEvent } from '../codec.ts';
import { Deque } from './deque.ts';

/** One event. `tag` is what its owner wants back with the verdict. */
export interface Entry<T> extends EncodedEvent {
  tag: T;
  /** It may be sent: what keeps the outbox over a restart has it. */
  durable: boolean;
  /** Its verdict is told already and it goes out as nil. */
  dropped: boolean;
}

/** `own`: the outbox alone gives numbers. `derived`: number n always means the same event, whoever sends it, so no number may move. */
export type Numbering = 'own' | 'derived';

export class Outbox<T> {
  readonly numbering: Numbering;
  /** Everything up to here is settled. */
  done = 0;
  /** The highest number that may ever have been on the wire. */
  used = 0;
  /** The highest number that this process sent. */
  sent = 0;
  /** The highest number that an event has. Below `done` where a server (under `derived`) settled more than this process knows of. */
  tracked = 0;
  /** Encoded bytes of what is kept; nil for given up numbers does not count. */
  bytes = 0;
  /** While above 0 nothing may be sent: a change of a number's event is not yet durable. */
  holds = 0;
  readonly #nil: EncodedEvent;
  #flying = new Deque<Entry<T>>();
  #waiting = new Deque<Entry<T>>();
  #flyingKept = 0;

  /** `nil` is the encoded null that stands for a number given up. */
  constructor(nil: EncodedEvent, numbering: Numbering) {
    this.#nil = nil;
    this.numbering = numbering;
  }

  /** How many events are kept. */
  get size(): number {
    return this.#flyingKept + this.#waiting.length;
  }

  /** Takes over what an earlier process left: `entries` are the numbers from `done` + 1 on, all of which it may have sent. */
  restore(done: number, entries: readonly Entry<T>[]): void {
    this.done = done;
    this.used = done;
    for (const entry of entries) this.#fly(entry);
    for (const entry of entries) if (!entry.dropped) this.bytes += entry.bytes;
    this.tracked = this.used + this.#waiting.length;
  }

  #fly(entry: Entry<T>): void {
    this.#flying.push(entry);
    if (!entry.dropped) this.#flyingKept++;
    this.used++;
  }

  push(entry: Entry<T>): void {
    this.#waiting.push(entry);
    if (!entry.dropped) this.bytes += entry.bytes;
    this.tracked++;
  }

  at(seq: number): Entry<T> | undefined {
    return seq <= this.used ? this.#flying.at(seq - this.done - 1) : this.#waiting.at(seq - this.used - 1);
  }

  /** The event of this number if it may go out now. */
  sendable(seq: number): Entry<T> | undefined {
    const entry = this.at(seq);
    return entry?.durable && this.holds === 0 ? entry : undefined;
  }

  /** Everything up to `last` was handed to the connection. */
  markSent(last: number): void {
    while (this.used < last) this.#fly(this.#waiting.shift()!);
    if (last > this.sent) this.sent = last;
  }

  /** Settles the next number and returns its entry; undefined if nothing stands there. */
  settleNext(): Entry<T> | undefined {
    const entry = this.#flying.shift() ?? this.#waiting.shift();
    if (!entry) return undefined;
    this.done++;
    if (this.done > this.used) this.used = this.done;
    else if (!entry.dropped) this.#flyingKept--;
    if (!entry.dropped) this.bytes -= entry.bytes;
    return entry;
  }

  /** Everything up to here is settled although nothing stands there. */
  skipTo(done: number): void {
    this.done = this.used = done;
  }

  /** The number to give up when room is needed: the oldest never sent; if all were, the oldest. 0 if there is none. */
  oldest(): number {
    if (this.#waiting.length > 0) return this.used + 1;
    for (let seq = this.done + 1; seq <= this.used; seq++) if (!this.at(seq)!.dropped) return seq;
    return 0;
  }

  /** Takes the event of this number out, `removed`; or leaves `nil` in its place where the number must stand. */
  giveUp(seq: number): { entry: Entry<T>; how: 'removed' | 'nil' } {
    const entry = this.at(seq)!;
    if (!entry.dropped) this.bytes -= entry.bytes;
    if (seq > this.used && this.numbering === 'own') {
      this.#waiting.remove(seq - this.used - 1);
      this.tracked--;
      return { entry, how: 'removed' };
    }
    if (seq <= this.used && !entry.dropped) this.#flyingKept--;
    entry.data = this.#nil.data;
    entry.bytes = this.#nil.bytes;
    entry.dropped = true;
    return { entry, how: 'nil' };
  }

  /** Numbers everything that is not settled from 1, as if nothing had been sent: for a new epoch. */
  renumber(): void {
    const waiting = new Deque<Entry<T>>();
    for (const entry of this) waiting.push(entry);
    this.#flying = new Deque();
    this.#waiting = waiting;
    this.#flyingKept = 0;
    this.tracked = waiting.length;
    this.done = this.used = this.sent = 0;
  }

  /** Every entry, in order. */
  *[Symbol.iterator](): Generator<Entry<T>> {
    yield* this.#flying;
    yield* this.#waiting;
  }
}
