/**
 * The client: drives a `ClientSession` against WebSockets, timers and a store. What to send and when is the session's decision; here are the
 * connection's ups and downs, the full outbox, and who waits for what.
 */
import type { EncodedEvent, Message } from '../protocol/codec.ts';
import { closeName, ProtocolError } from '../protocol/codes.ts';
import { ClientSession } from '../protocol/session/client.ts';
import { Emitter, guarded } from './emitter.ts';
import { ClientError, closeErrorCode } from './error.ts';
import { Link } from './link.ts';
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
  readonly #emitter = new Emitter<ClientEvents>();
  #state: ClientState = 'connecting';
  #failure: ClientError | null = null;
  /** What an earlier process left is in the outbox. */
  #loaded: boolean;
  #link: Link | null = null;
  /** Counts connections, so that what was begun for one does not go on in the next. */
  #connection = 0;
  #pumpScheduled = false;
  #timer: unknown = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #retryTimer: unknown = null;
  #held: Held[] = [];
  readonly #room = new Waiters<void>();
  readonly #welcome = new Waiters<void>();
  readonly #empty = new Waiters<boolean>();
  /** How many are dropped at once under `drop-oldest`. With a store more than one: nothing is sent while it takes kept events out. */
  readonly #dropStep: number;
  #closing: Promise<void> | null = null;
  readonly #counts = { stored: 0, rejected: 0, dropped: 0 };
  #lastClose: ClientStats['lastClose'] = null;

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
          released: () => this.#schedulePump(),
          failed: (error) =>
            this.#fail(
              new ClientError('store_failed', `the outbox could not be kept: ${error.message}`, { cause: error }),
            ),
        })
      : null;
    this.#loaded = !store;
    this.#dropStep = store ? Math.ceil(settings.maxEvents / 64) : 1;
    // Listeners are set before anything happens.
    queueMicrotask(() => void this.#start());
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
      const gone = this.#closing ? closedError() : null;
      if (gone) reject(gone);
      else if (this.#held.length > 0 || !this.#enter(encoded, event, tag)) {
        if (this.#failure) reject(this.#failure);
        else this.#held.push({ encoded, event, tag });
      }
    });
    verdict.catch(() => undefined);
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
    this.#schedulePump();
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
    const { runtime } = this.#settings;
    if (timeout === undefined) return this.#empty.wait();
    let timer: unknown;
    const late = new Promise<boolean>((resolve) => {
      timer = runtime.setTimeout(() => resolve(this.#isEmpty()), timeout);
    });
    return Promise.race([this.#empty.wait(), late]).finally(() => runtime.clearTimeout(timer));
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
      blockedMs: Math.round(session.blockedMs(this.#now())),
      reconnects: Math.max(0, this.#connection - 1),
      durability: session.terms?.durability ?? null,
      lastClose: this.#lastClose,
    };
  }

  // The life of connections

  async #start(): Promise<void> {
    if (this.#closing) return;
    if (this.#persister) {
      try {
        await this.#load(this.#persister);
      } catch (error) {
        return this.#fail(error instanceof ClientError ? error : storeUnreadable(error));
      }
      if (this.#closing) return;
    }
    await this.#connect();
  }

  async #load(persister: Persister<Tag>): Promise<void> {
    const { store, codec, epoch } = this.#settings;
    const kept = await store!.load();
    const { rewritten } = restore(kept, this.#session, this.#settings, codec);
    this.#loaded = true;
    persister.start();
    if (rewritten.length > 0) persister.replace(rewritten);
    if (kept.damaged) {
      this.#tell(new ClientError('store_damaged', kept.damaged));
      this.#raiseEpoch(this.#settings.runtime.wallClock());
    }
    if (epoch !== undefined && epoch > this.#session.epoch) this.#raiseEpoch(epoch);
    this.#afterChange();
  }

  #raiseEpoch(wanted: number): void {
    const done = this.#session.raiseEpoch(Math.max(wanted, this.#session.epoch + 1));
    this.#persister?.renumber(this.#identity(), done);
  }

  #identity(): StoredIdentity {
    const { producer, epoch, attempt } = this.#session;
    return { producer, epoch, attempt, context: this.#settings.context };
  }

  async #connect(): Promise<void> {
    const connection = ++this.#connection;
    this.#setState('connecting');
    this.#session.connect(this.#now());
    this.#arm();
    const token = await this.#prepare();
    if (connection !== this.#connection || this.#state !== 'connecting' || token === null) return;
    const { WebSocket, url, codec } = this.#settings;
    try {
      const link = new Link(WebSocket, url, codec.subprotocol, {
        opened: () => this.#hello(link, token.value),
        message: (data) => this.#receive(link, data),
        closed: (code, reason) => this.#down(code, reason),
      });
      this.#link = link;
    } catch (error) {
      this.#fail(
        new ClientError('bad_option', `the WebSocket could not be made: ${(error as Error).message}`, { cause: error }),
      );
    }
  }

  /** What must be known, and be durable, before a connection is opened; null if there is none to open. */
  async #prepare(): Promise<{ value: string | undefined } | null> {
    const connection = this.#connection;
    const { token } = this.#settings;
    let value: string | undefined;
    try {
      value = typeof token === 'function' ? await token() : token;
    } catch (error) {
      if (connection !== this.#connection || this.#state !== 'connecting') return null;
      this.#tell(
        new ClientError('token_failed', `the token could not be had: ${(error as Error).message}`, { cause: error }),
      );
      this.#down(1006, 'no token');
      return null;
    }
    try {
      await this.#persister?.identity(this.#identity());
    } catch {
      return null;
    }
    return { value };
  }

  #hello(link: Link, token: string | undefined): void {
    const { context, agent, runtime } = this.#settings;
    try {
      link.send(this.#session.hello({ token, context, agent, clock: runtime.wallClock() }, this.#now()));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#fail(new ClientError('bad_option', error.message));
    }
  }

  #receive(link: Link, data: Message): void {
    if (link !== this.#link) return;
    const session = this.#session;
    const before = session.outbox.done;
    let op: string | undefined;
    try {
      const frame = this.#settings.codec.decodeServer(data);
      op = frame?.op;
      session.receive(frame, this.#now());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#tell(new ClientError('bad_frame', error.message));
      return this.#leave(1002, error.message);
    }
    if (session.state === 'lost') return this.#renumber();
    if (session.outbox.done > before) this.#persister?.settle(session.outbox.done);
    if (op === 'WELCOME') this.#setState('open');
    if (op === 'WELCOME') this.#welcome.resolve();
    this.#afterChange();
    this.#pump();
    if (op === 'ACK' && this.#emitter.has('progress')) this.#emitter.emit('progress', this.stats);
  }

  #renumber(): void {
    const { producer, epoch } = this.#session;
    this.#raiseEpoch(this.#settings.runtime.wallClock());
    const message = `the server settled numbers of ${producer}, epoch ${epoch}, that this outbox never used; epoch is now ${this.#session.epoch}`;
    this.#tell(new ClientError('numbering_lost', message));
    this.#leave(1000, 'numbering lost');
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

  /** Everything that is pushed in one turn goes out together. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (!this.#link) return;
    const now = this.#now();
    for (;;) {
      const message = this.#session.next(now);
      if (message === null) break;
      this.#link.send(message);
    }
    this.#arm();
  }

  /** One timer for all that the session waits for; it may ring too early, never too late. */
  #arm(): void {
    const at = this.#session.wakeAt();
    if (this.#timerAt <= at) return;
    this.#disarm();
    const { runtime } = this.#settings;
    this.#timerAt = at;
    this.#timer = runtime.setTimeout(() => this.#ring(), Math.max(0, at - this.#now()));
  }

  #disarm(): void {
    this.#settings.runtime.clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #ring(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#session.expired(this.#now())) return this.#leave(1006, 'the server was silent for too long');
    this.#pump();
    this.#arm();
  }

  /** Ends the connection from this side. */
  #leave(code: number, reason: string): void {
    this.#link?.abandon();
    this.#down(code, reason);
  }

  /** The connection is over: comes back after the backoff, or not at all. */
  #down(code: number, reason: string): void {
    this.#link = null;
    this.#disarm();
    const { runtime } = this.#settings;
    const goAway = this.#session.goAway;
    const name = closeName(code) ?? null;
    this.#lastClose = { code, name, reason: reason || goAway?.message || '' };
    const delay = this.#session.closed(code, runtime.random(), this.#now());
    if (this.#closing || this.#failure) return;
    if (delay === null) {
      const said = this.#lastClose.reason || name || 'no reason given';
      const details = { closeCode: code, epoch: goAway?.epoch };
      return this.#fail(
        new ClientError(closeErrorCode(name ?? undefined), `the server closed with ${code}: ${said}`, details),
      );
    }
    this.#setState('waiting');
    this.#retryTimer = runtime.setTimeout(() => void this.#connect(), delay);
  }

  /** Nothing will be sent any more. The outbox is kept. */
  #fail(error: ClientError): void {
    if (this.#failure || this.#closing) return;
    this.#failure = error;
    this.#stop();
    this.#setState('failed');
    this.#tell(error);
    this.#room.reject(error);
    this.#welcome.reject(error);
    this.#empty.resolve(false);
    for (const { tag } of this.#held.splice(0)) rejectTag(tag, error);
  }

  #stop(): Link | null {
    const link = this.#link;
    this.#connection++;
    this.#link = null;
    this.#disarm();
    this.#settings.runtime.clearTimeout(this.#retryTimer);
    link?.abandon();
    this.#session.closed(1000, 0, this.#now());
    return link;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const link = this.#stop();
    this.#setState('closed');
    const error = closedError();
    for (const entry of this.#session.outbox) rejectTag(entry.tag, error);
    for (const { tag } of this.#held.splice(0)) rejectTag(tag, error);
    this.#room.reject(error);
    this.#welcome.reject(error);
    this.#empty.resolve(false);
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

  #tell(error: ClientError): void {
    this.#emitter.emit('error', error);
  }

  #now(): number {
    return this.#settings.runtime.now();
  }
}

function rejectTag(tag: Tag, error: Error): void {
  if (tag && typeof tag !== 'function') tag.reject(error);
}

function closedError(): ClientError {
  return new ClientError('client_closed', 'the client is closed');
}

function storeUnreadable(error: unknown): ClientError {
  return new ClientError('store_failed', `the outbox could not be read: ${(error as Error).message}`, { cause: error });
}
