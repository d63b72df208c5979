/** The way into the outbox: what happens to an event when it is full, and who waits there for room. */
import type { EncodedEvent } from '../protocol/codec.ts';
import type { ClientSession } from '../protocol/session/client.ts';
import { Deque } from '../protocol/session/deque.ts';
import type { Entry } from '../protocol/session/outbox.ts';
import type { Settings } from './options.ts';
import type { ClientEvent, Verdict } from './types.ts';
import { Waiters } from './waiters.ts';

/** Who waits for an event's verdict: a promise, which is told of a close too, or a callback. */
export type Tag = { resolve(verdict: Verdict): void; reject(error: Error): void } | ((verdict: Verdict) => void) | null;

/** Tracked while the outbox was full under the policy `wait`. */
interface Held {
  encoded: EncodedEvent;
  event: ClientEvent | null;
  tag: Tag;
}

export class Entrance {
  readonly #session: ClientSession<Tag>;
  readonly #settings: Settings;
  readonly #entered: (entry: Entry<Tag> | null, event: ClientEvent | null) => void;
  readonly #held = new Deque<Held>();
  readonly #room = new Waiters<void>();
  /** How many are dropped at once under `drop-oldest`. With a store more than one: nothing is sent while it takes kept events out. */
  readonly #dropStep: number;

  /** `entered` hears of each event that was taken, with its entry where it has one. */
  constructor(
    session: ClientSession<Tag>,
    settings: Settings,
    entered: (entry: Entry<Tag> | null, event: ClientEvent | null) => void,
  ) {
    this.#session = session;
    this.#settings = settings;
    this.#entered = entered;
    this.#dropStep = settings.store ? Math.ceil(settings.maxEvents / 64) : 1;
  }

  /** How many wait. */
  get held(): number {
    return this.#held.length;
  }

  /** An event may enter at once, before nobody who waits. */
  get isFree(): boolean {
    return this.#held.length === 0 && this.#hasRoom();
  }

  #hasRoom(): boolean {
    const { size, bytes } = this.#session.outbox;
    return size < this.#settings.maxEvents && bytes < this.#settings.maxBytes;
  }

  /** False if there is no room and the policy is to wait. */
  enter(encoded: EncodedEvent, event: ClientEvent | null, tag: Tag): boolean {
    const session = this.#session;
    if (session.nextIsSettled) {
      session.skip(tag);
      return true;
    }
    while (!this.#hasRoom()) {
      if (this.#settings.full === 'wait') return false;
      if (this.#settings.full === 'drop-newest') {
        session.refuse(tag);
        return true;
      }
      const many = Math.min(this.#dropStep, session.outbox.size);
      for (let i = 0; i < many; i++) session.drop(session.outbox.oldest(), 'outbox_full');
    }
    this.#entered(session.push(encoded, tag, !this.#settings.store), event);
    return true;
  }

  /** Enters later, after those who wait already. */
  hold(encoded: EncodedEvent, event: ClientEvent | null, tag: Tag): void {
    this.#held.push({ encoded, event, tag });
  }

  /** Resolves when an event may enter. */
  whenFree(): Promise<void> {
    return this.#room.wait();
  }

  /** There may be room: who waits goes on. */
  admit(): void {
    while (this.#held.length > 0 && this.#hasRoom()) {
      const { encoded, event, tag } = this.#held.shift()!;
      this.enter(encoded, event, tag);
    }
    if (this.isFree) this.#room.resolve();
  }

  /** Nobody enters any more. */
  refuse(error: Error): void {
    this.#room.reject(error);
    for (let held = this.#held.shift(); held; held = this.#held.shift()) rejectTag(held.tag, error);
  }
}

export function rejectTag(tag: Tag, error: Error): void {
  if (tag && typeof tag !== 'function') tag.reject(error);
}
