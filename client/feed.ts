/** A subscription as the application has it: an async iterable over what the pure `ClientSubscription` keeps. */

import type { ClientSubscription, Taken } from '../protocol/feed/client-subscription.ts';
import type { Subscriber } from '../protocol/feed/subscriber.ts';
import type { Cursor } from '../protocol/frames.ts';
import { Emitter } from './emitter.ts';
import { ClientError, type ClientErrorCode } from './error.ts';
import type { Feed, FeedBatch, FeedEvents, FeedOptions, FeedState } from './feed-types.ts';

const CREDIT = 500;

export interface FeedParent {
  feeds: Subscriber;
  backoff: { minMs?: number; maxMs?: number };
  /** There may be something to say. */
  pump(): void;
}

export class ClientFeed<T> implements Feed<T> {
  readonly feed: string;
  readonly #subscription: ClientSubscription;
  readonly #pump: () => void;
  readonly #emitter = new Emitter<FeedEvents>();
  readonly #signal: AbortSignal | undefined;
  #told: FeedState = 'waiting';
  /** Items that the consumer has and has not come back from. */
  #inHand = 0;
  #wake: (() => void)[] = [];

  /** Throws ClientError `bad_option`. */
  constructor(feed: string, options: FeedOptions, { feeds, backoff, pump }: FeedParent) {
    const { key, filter, from, credit = CREDIT, signal } = options;
    if (!(Number.isSafeInteger(credit) && credit >= 1))
      throw new ClientError('bad_option', 'credit is an integer from 1 up');
    this.feed = feed;
    this.#pump = pump;
    this.#signal = signal;
    this.#subscription = feeds.add({
      ...{ feed, key, filter, from, window: credit, backoff },
      onChange: () => this.#changed(),
    });
    signal?.addEventListener('abort', this.close, { once: true });
    if (signal?.aborted) this.close();
    else pump();
  }

  get state(): FeedState {
    const { state } = this.#subscription;
    if (state === 'live') return state;
    return state === 'leaving' || state === 'ended' ? 'ended' : 'waiting';
  }

  get position(): Cursor | null {
    return this.#subscription.position;
  }

  get waiting(): number {
    return this.#subscription.waiting;
  }

  on<K extends keyof FeedEvents>(name: K, listener: FeedEvents[K]): () => void {
    return this.#emitter.on(name, listener);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.#iterator(1, ({ items }) => items[0] as T);
  }

  batches(): AsyncIterable<FeedBatch<T>> {
    const many = Number.POSITIVE_INFINITY;
    return {
      [Symbol.asyncIterator]: () =>
        this.#iterator(many, ({ items, position }) => ({ items: items as T[], position: position! })),
    };
  }

  close = (): void => {
    this.#subscription.leave();
    this.#pump();
    this.#changed();
  };

  #iterator<V>(most: number, value: (taken: Taken) => V): AsyncIterator<V, undefined> {
    return {
      next: async () => {
        const taken = await this.#take(most);
        return taken ? { done: false, value: value(taken) } : { done: true, value: undefined };
      },
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  /** Waits for items. null at the end; throws ClientError where it is not the consumer's. */
  async #take(most: number): Promise<Taken | null> {
    this.#release();
    for (;;) {
      const taken = this.#subscription.take(most);
      if (taken?.gap) this.#emitter.emit('gap', taken.gap);
      else if (taken) {
        this.#inHand += taken.items.length;
        return taken;
      } else if (this.state === 'ended') {
        const { reason } = this.#subscription;
        if (reason) throw asError(reason);
        return null;
      } else await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** The consumer has come back: what it had is gone. */
  #release(): void {
    if (this.#inHand === 0) return;
    this.#subscription.release(this.#inHand);
    this.#inHand = 0;
    if (this.#subscription.wantsToRaise) this.#pump();
  }

  #changed(): void {
    const { state } = this;
    if (state !== this.#told) {
      this.#told = state;
      if (state === 'ended') this.#signal?.removeEventListener('abort', this.close);
      this.#emitter.emit('state', state);
    }
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function asError(reason: { code: string; message: string }): ClientError {
  return reason instanceof ClientError
    ? reason
    : new ClientError(reason.code as ClientErrorCode, reason.message || reason.code);
}
