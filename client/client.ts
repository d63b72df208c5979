/** The client as the application has it: puts the session, its connection, its store and its feeds together, and answers who waits for what. */
import type { EncodedEvent } from '../protocol/codec.ts';
import { ClientSession } from '../protocol/session/client.ts';
import { type Beacon, beaconOf } from './beacon.ts';
import { Connector } from './connector.ts';
import { mergeContext } from './context.ts';
import { Emitter, guarded } from './emitter.ts';
import { Entrance, rejectTag, type Tag } from './entrance.ts';
import { ClientError } from './error.ts';
import { ClientFeed } from './feed.ts';
import type { Feed, FeedItems, FeedName, FeedOptions } from './feed-types.ts';
import type { Link } from './link.ts';
import { randomProducer, type Settings } from './options.ts';
import { Persister } from './persister.ts';
import { type Player, type PlayerBase, player } from './player.ts';
import { restore } from './restore.ts';
import type {
  ClientEvent,
  ClientEvents,
  ClientState,
  ClientStats,
  GaplessClient,
  StoredIdentity,
  Verdict,
} from './types.ts';
import { Waiters } from './waiters.ts';

/** How long `close` waits for the server to answer. */
const CLOSE_PATIENCE_MS = 2_000;

export class Client implements GaplessClient {
  readonly #settings: Settings;
  /** Hears of every event that enters the outbox. */
  onEntered: (() => void) | null = null;
  readonly #session: ClientSession<Tag>;
  readonly #persister: Persister<Tag> | null;
  readonly #connector: Connector<Tag>;
  readonly #emitter = new Emitter<ClientEvents>();
  #state: ClientState = 'connecting';
  #failure: ClientError | null = null;
  /** What an earlier process left is in the outbox. */
  #loaded: boolean;
  readonly #loading: Promise<void>;
  /** Nobody used this outbox's numbers otherwise, nor will: it is new and the store has its identity, or the server said so. */
  #numbersAreOwn: boolean;
  readonly #entrance: Entrance;
  readonly #welcome = new Waiters<void>();
  readonly #empty = new Waiters<boolean>();
  #closing: Promise<void> | null = null;
  readonly #counts = { stored: 0, rejected: 0, dropped: 0 };

  constructor(settings: Settings) {
    this.#settings = settings;
    const { codec, numbering, backoff, runtime, store } = settings;
    const own = numbering === 'own';
    this.#session = new ClientSession({
      codec,
      numbering,
      backoff,
      publishes: settings.publish,
      producer: settings.publish ? (settings.producer ?? randomProducer()) : '',
      // Nobody knows what numbers a given producer has used before; a random one has used none.
      epoch: settings.epoch ?? (own && settings.producer ? runtime.wallClock() : 1),
      // Under derived numbering the last process that sent the same things may still seem alive to the server: this one must win.
      attempt: own ? 0 : runtime.wallClock(),
      onVerdict: (verdict, tag) => this.#verdict(verdict, tag),
      onGivenUp: (entry, seq, how) => this.#persister?.givenUp(entry, seq, how),
    });
    this.#persister = store
      ? new Persister(store, this.#session.outbox, {
          released: () => this.#connector.schedulePump(),
          failed: (error) =>
            this.#fail(
              new ClientError('store_failed', `the outbox could not be kept: ${error.message}`, { cause: error }),
            ),
        })
      : null;
    this.#connector = new Connector(this.#session, settings, {
      state: (state) => this.#setState(state),
      prepare: async () => this.#persister?.identity(this.#identity()),
      received: (op) => this.#received(op),
      lost: () => this.#lost(),
      problem: (error) => this.#emitter.emit('error', error),
      failed: (error) => this.#fail(error),
    });
    this.#entrance = new Entrance(this.#session, settings, (entry, event) => {
      if (entry) this.#persister?.append(entry, event);
      this.#connector.schedulePump();
      this.onEntered?.();
    });
    this.#loaded = !store;
    this.#numbersAreOwn = !store && settings.epoch === undefined;
    // The caller sets its listeners before anything happens.
    this.#loading = Promise.resolve().then(() => this.#load());
    void this.#loading.then(() => this.#start());
  }

  // Events in

  track(event: ClientEvent | null): Promise<Verdict> {
    let encoded: EncodedEvent;
    try {
      this.#mustPublish();
      encoded = this.#settings.codec.encodeEvent(event);
    } catch (error) {
      return Promise.reject(error);
    }
    const verdict = new Promise<Verdict>((resolve, reject) => {
      const tag = { resolve, reject };
      if (this.#closing) reject(closedError());
      else if (this.#entrance.held === 0 && this.#entrance.enter(encoded, event, tag)) return;
      else if (this.#failure) reject(this.#failure);
      else this.#entrance.hold(encoded, event, tag);
    });
    verdict.catch(ignore);
    return verdict;
  }

  push(event: ClientEvent | null, onVerdict?: (verdict: Verdict) => void): boolean {
    if (this.#closing) throw closedError();
    this.#mustPublish();
    if (!this.#entrance.isFree && this.#settings.full === 'wait') return false;
    return this.#entrance.enter(this.#settings.codec.encodeEvent(event), event, onVerdict ?? null);
  }

  #mustPublish(): void {
    if (!this.#settings.publish)
      throw new ClientError('bad_option', 'this client only subscribes: it was made with publish: false');
  }

  player(base?: PlayerBase): Player {
    return player(this, base);
  }

  // Feeds

  subscribe<F extends FeedName>(feed: F, options: FeedOptions = {}): Feed<FeedItems[F]> {
    if (this.#closing) throw closedError();
    if (this.#failure) throw this.#failure;
    const { backoff } = this.#settings;
    const pump = () => this.#connector.schedulePump();
    return new ClientFeed(feed, options, { feeds: this.#session.feeds, backoff, pump });
  }

  // Verdicts and what else comes out

  #verdict(verdict: Verdict, tag: Tag): void {
    if (verdict.status === 'rejected') this.#counts.rejected++;
    else if (verdict.status === 'dropped') this.#counts.dropped++;
    else this.#counts.stored++;
    if (typeof tag === 'function') guarded(tag, verdict);
    else tag?.resolve(verdict);
    this.#emitter.emit('verdict', verdict);
  }

  on<K extends keyof ClientEvents>(name: K, listener: ClientEvents[K]): () => void {
    return this.#emitter.on(name, listener);
  }

  async ready(): Promise<void> {
    if (this.#closing) throw closedError();
    if (this.#entrance.isFree) return;
    if (this.#failure) throw this.#failure;
    return this.#entrance.whenFree();
  }

  async resume(): Promise<number> {
    if (this.#settings.numbering !== 'derived')
      throw new ClientError('bad_option', 'resume() is for derived numbering');
    if (this.#closing) throw closedError();
    if (this.#failure) throw this.#failure;
    if (!this.#session.terms) await this.#welcome.wait();
    return this.#session.skipSettled();
  }

  async flush({ timeout }: { timeout?: number } = {}): Promise<boolean> {
    if (this.#isEmpty()) return true;
    if (this.#closing || this.#failure) return false;
    if (timeout === undefined) return this.#empty.wait();
    const { runtime } = this.#settings;
    return new Promise((resolve, reject) => {
      const end = (isEmpty: boolean): void => {
        runtime.clearTimeout(timer);
        forget();
        resolve(isEmpty);
      };
      const forget = this.#empty.add({ resolve: end, reject });
      const timer = runtime.setTimeout(() => end(this.#isEmpty()), timeout);
    });
  }

  #isEmpty(): boolean {
    const { done, tracked } = this.#session.outbox;
    return this.#loaded && done >= tracked && this.#entrance.held === 0;
  }

  get stats(): ClientStats {
    const session = this.#session;
    const { tracked, sent, done, bytes } = session.outbox;
    return {
      state: this.#state,
      producer: session.producer,
      epoch: session.epoch,
      tracked,
      sent,
      done,
      ...this.#counts,
      pending: Math.max(0, tracked - done),
      pendingBytes: bytes,
      inFlight: session.inFlight,
      limit: session.limit,
      limitBytes: session.limitBytes,
      level: session.level,
      blocked: session.blocked,
      blockedMs: Math.round(session.blockedMs(this.#settings.runtime.now())),
      reconnects: Math.max(0, this.#connector.tries - 1),
      durability: session.terms?.durability ?? null,
      lastClose: this.#connector.lastClose,
    };
  }

  // What a page tells

  /** Tells the application of an error. */
  tell(error: ClientError): void {
    this.#emitter.emit('error', error);
  }

  /** There is a network, or none. */
  network(online: boolean): void {
    this.#connector.network(online);
  }

  /**
   * The page may end: gives the connection what it takes, and keeps what was tracked in the last moment. Gives all that is not settled to
   * `send`, too: what went over the connection may not arrive. `ends`: for sure.
   */
  lastWords(send: (beacon: Beacon) => boolean, ends: boolean): void {
    const settings = this.#settings;
    if (!settings.publish || !(this.#loaded || ends) || this.#closing || this.#failure) return;
    this.#connector.pump();
    const { context = {} } = settings;
    // What has no number yet may be found by two pages, and is known by its id.
    const whole = (event: ClientEvent) =>
      mergeContext(this.#loaded ? event : { id: randomProducer(), ...event }, context);
    const all = this.#persister?.spill(whole) ?? true;
    const { online, token } = this.#connector;
    // Who it is from must be known, and a number that may stand for something else must not be used.
    if (!this.#loaded || !online || !this.#numbersAreOwn || (token === undefined && settings.token !== undefined))
      return;
    const opening = { token, context: settings.context, clock: settings.runtime.wallClock() };
    const beacon = beaconOf(this.#session, settings.codec, opening, all);
    if (beacon && send(beacon)) this.#session.outbox.markSent(beacon.last);
  }

  // Beginning and end

  async #start(): Promise<void> {
    if (!this.#closing && !this.#failure) await this.#connector.connect();
  }

  /** Takes over what the store has. Also where close() came first: what was pushed before belongs into the store. */
  async #load(): Promise<void> {
    const { store, codec, epoch } = this.#settings;
    if (!store || !this.#persister) return;
    try {
      const kept = await store.load();
      const { rewritten } = restore(kept, this.#session, this.#settings, codec);
      this.#loaded = true;
      this.#persister.start();
      if (rewritten.length > 0) this.#persister.replace(rewritten);
      // Goes before the first event: whose it is must be known wherever it is.
      const known = this.#persister.identity(this.#identity());
      known.then(() => {
        if (kept.producer === undefined) this.#numbersAreOwn = true;
      }, ignore);
      if (kept.damaged) {
        this.#emitter.emit('error', new ClientError('store_damaged', kept.damaged));
        this.#raiseEpoch(this.#settings.runtime.wallClock());
      }
      if (epoch !== undefined && epoch > this.#session.epoch) this.#raiseEpoch(epoch);
      this.#afterChange();
    } catch (error) {
      this.#fail(error instanceof ClientError ? error : storeUnreadable(error));
    }
  }

  #raiseEpoch(wanted: number): void {
    const done = this.#session.raiseEpoch(Math.max(wanted, this.#session.epoch + 1));
    this.#persister?.renumber(this.#identity(), done);
  }

  #identity(): StoredIdentity {
    const { producer, epoch, attempt } = this.#session;
    return { producer, epoch, attempt, context: this.#settings.context };
  }

  #received(op: string | undefined): void {
    this.#persister?.settle(this.#session.outbox.done);
    if (op === 'WELCOME') {
      this.#numbersAreOwn = true;
      this.#welcome.resolve();
    }
    this.#afterChange();
    if (op === 'ACK' && this.#emitter.has('progress')) this.#emitter.emit('progress', this.stats);
  }

  #lost(): void {
    const { producer, epoch } = this.#session;
    this.#raiseEpoch(this.#settings.runtime.wallClock());
    const message = `the server settled numbers of ${producer}, epoch ${epoch}, that this outbox never used; epoch is now ${this.#session.epoch}`;
    this.#emitter.emit('error', new ClientError('numbering_lost', message));
  }

  /** Who waits for room or for the end may go on. */
  #afterChange(): void {
    this.#entrance.admit();
    if (this.#isEmpty()) this.#empty.resolve(true);
  }

  /** Nothing will be sent any more. The outbox is kept. */
  #fail(error: ClientError): void {
    if (this.#failure || this.#closing) return;
    this.#failure = error;
    this.#connector.stop();
    this.#setState('failed');
    this.#emitter.emit('error', error);
    this.#entrance.refuse(error);
    this.#welcome.reject(error);
    this.#empty.resolve(false);
    this.#session.feeds.end(error);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const link = this.#connector.stop();
    this.#setState('closed');
    const error = closedError();
    for (const entry of this.#session.outbox) rejectTag(entry.tag, error);
    this.#entrance.refuse(error);
    this.#welcome.reject(error);
    this.#empty.resolve(false);
    this.#session.feeds.end(null);
    // What was pushed before the store was read belongs into it too.
    await this.#loading;
    await this.#persister?.idle();
    await this.#settings.store?.close();
    if (link) await this.#over(link);
  }

  async #over(link: Link): Promise<void> {
    const { runtime } = this.#settings;
    let timer: unknown;
    const late = new Promise<void>((resolve) => {
      timer = runtime.setTimeout(resolve, CLOSE_PATIENCE_MS);
    });
    await Promise.race([link.whenOver(), late]).finally(() => runtime.clearTimeout(timer));
  }

  #setState(state: ClientState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emitter.emit('state', state);
  }
}

/** A verdict that nobody waits for must not end the process when the client is closed. */
function ignore(): void {}

function closedError(): ClientError {
  return new ClientError('client_closed', 'the client is closed');
}

function storeUnreadable(error: unknown): ClientError {
  return new ClientError('store_failed', `the outbox could not be read: ${(error as Error).message}`, { cause: error });
}
