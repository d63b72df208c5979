/** The client as the application has it: what comes into the outbox when it is full, what is kept, and who waits for what. */
import type { EncodedEvent } from '../protocol/codec.ts';
import { ClientSession } from '../protocol/session/client.ts';
import { Deque } from '../protocol/session/deque.ts';
import { Connector } from './connector.ts';
import { Emitter, guarded } from './emitter.ts';
import { ClientError } from './error.ts';
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

/** Who waits for an event's verdict: a promise, which is told of a close too, or a callback. */
type Tag = { resolve(verdict: Verdict): void; reject(error: Error): void } | ((verdict: Verdict) => void) | null;

/** Tracked while the outbox was full under the policy `wait`. */
interface Held {
  encoded: EncodedEvent;
  event: ClientEvent | null;
  tag: Tag;
}

/** How long `close` waits for the server to answer. */
const CLOSE_PATIENCE_MS = 2_000;

export class Client implements GaplessClient {
  readonly #settings: Settings;
  readonly #session: ClientSession<Tag>;
  readonly #persister: Persister<Tag> | null;
  readonly #connector: Connector<Tag>;
  readonly #emitter = new Emitter<ClientEvents>();
  #state: ClientState = 'connecting';
  #failure: ClientError | null = null;
  /** What an earlier process left is in the outbox. */
  #loaded: boolean;
  readonly #loading: Promise<void>;
  #held = new Deque<Held>();
  readonly #room = new Waiters<void>();
  readonly #welcome = new Waiters<void>();
  readonly #empty = new Waiters<boolean>();
  /** How many are dropped at once under `drop-oldest`. With a store more than one: nothing is sent while it takes kept events out. */
  readonly #dropStep: number;
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
      producer: settings.producer ?? randomProducer(),
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
    this.#loaded = !store;
    this.#dropStep = store ? Math.ceil(settings.maxEvents / 64) : 1;
    // The caller sets its listeners before anything happens.
    this.#loading = Promise.resolve().then(() => this.#load());
    void this.#loading.then(() => this.#start());
  }

  // Events in

  track(event: ClientEvent | null): Promise<Verdict> {
    let encoded: EncodedEvent;
    try {
      encoded = this.#settings.codec.encodeEvent(event);
    } catch (error) {
      return Promise.reject(error);
    }
    const verdict = new Promise<Verdict>((resolve, reject) => {
      const tag = { resolve, reject };
      if (this.#closing) reject(closedError());
      else if (this.#held.length === 0 && this.#enter(encoded, event, tag)) return;
      else if (this.#failure) reject(this.#failure);
      else this.#held.push({ encoded, event, tag });
    });
    verdict.catch(ignore);
    return verdict;
  }

  push(event: ClientEvent | null, onVerdict?: (verdict: Verdict) => void): boolean {
    if (this.#closing) throw closedError();
    if (this.#held.length > 0) return false;
    if (!this.#hasRoom() && this.#settings.full === 'wait') return false;
    return this.#enter(this.#settings.codec.encodeEvent(event), event, onVerdict ?? null);
  }

  #hasRoom(): boolean {
    const { size, bytes } = this.#session.outbox;
    return size < this.#settings.maxEvents && bytes < this.#settings.maxBytes;
  }

  /** False if there is no room and the policy is to wait. */
  #enter(encoded: EncodedEvent, event: ClientEvent | null, tag: Tag): boolean {
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
    const entry = session.push(encoded, tag, this.#persister === null);
    if (entry) this.#persister?.append(entry, event);
    this.#connector.schedulePump();
    return true;
  }

  player(base?: PlayerBase): Player {
    return player(this, base);
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
    if (this.#held.length === 0 && this.#hasRoom()) return;
    if (this.#failure) throw this.#failure;
    return this.#room.wait();
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
    return this.#loaded && done >= tracked && this.#held.length === 0;
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
      this.#persister.identity(this.#identity()).catch(ignore);
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
    if (op === 'WELCOME') this.#welcome.resolve();
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
    while (this.#held.length > 0 && this.#hasRoom()) {
      const { encoded, event, tag } = this.#held.shift()!;
      this.#enter(encoded, event, tag);
    }
    if (this.#held.length === 0 && this.#hasRoom()) this.#room.resolve();
    if (this.#isEmpty()) this.#empty.resolve(true);
  }

  /** Nothing will be sent any more. The outbox is kept. */
  #fail(error: ClientError): void {
    if (this.#failure || this.#closing) return;
    this.#failure = error;
    this.#connector.stop();
    this.#setState('failed');
    this.#emitter.emit('error', error);
    this.#room.reject(error);
    this.#welcome.reject(error);
    this.#empty.resolve(false);
    this.#rejectHeld(error);
  }

  #rejectHeld(error: ClientError): void {
    for (let held = this.#held.shift(); held; held = this.#held.shift()) rejectTag(held.tag, error);
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
    this.#rejectHeld(error);
    this.#room.reject(error);
    this.#welcome.reject(error);
    this.#empty.resolve(false);
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

function rejectTag(tag: Tag, error: Error): void {
  if (tag && typeof tag !== 'function') tag.reject(error);
}

function closedError(): ClientError {
  return new ClientError('client_closed', 'the client is closed');
}

function storeUnreadable(error: unknown): ClientError {
  return new ClientError('store_failed', `the outbox could not be read: ${(error as Error).message}`, { cause: error });
}
