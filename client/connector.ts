/** Brings a session to the server and back again: WebSockets, timers, the backoff. What to say and when is the session's decision. */
import type { Message } from '../protocol/codec.ts';
import { closeName, ProtocolError } from '../protocol/codes.ts';
import type { ClientSession } from '../protocol/session/client.ts';
import { ClientError, closeErrorCode } from './error.ts';
import { Link } from './link.ts';
import type { Settings } from './options.ts';
import type { ClientStats } from './types.ts';

export interface ConnectorListener {
  state(state: 'connecting' | 'open' | 'waiting' | 'offline'): void;
  /** Makes durable what a connection is opened with. After a rejection none is opened. */
  prepare(): Promise<void>;
  /** The session has taken in a frame; messages go out after this returns. */
  received(op: string | undefined): void;
  /** The numbering is lost: raise the epoch before this returns. */
  lost(): void;
  /** What the application should know; the connector goes on. */
  problem(error: ClientError): void;
  /** It does not go on. */
  failed(error: ClientError): void;
}

export class Connector<T> {
  /** How many connections were tried. */
  tries = 0;
  lastClose: ClientStats['lastClose'] = null;
  /** What `network` was told last. */
  online = true;
  /** The token, or the last one that a function gave. */
  token: string | undefined;
  /** `up`: a connection stands or is being opened. `waiting`: for the next try. */
  #phase: 'idle' | 'up' | 'waiting' = 'idle';
  readonly #session: ClientSession<T>;
  readonly #settings: Settings;
  readonly #listener: ConnectorListener;
  #link: Link | null = null;
  /** Changes with every step of a connection's life: what was begun for one does not go on in the next. */
  #step = 0;
  #pumpScheduled = false;
  /** For which connection a new token is being asked for. */
  #renewing: Link | null = null;
  #timer: unknown = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #retryTimer: unknown = null;
  /** The server asked not to come back before; ms of the clock. */
  #notBefore = 0;

  constructor(session: ClientSession<T>, settings: Settings, listener: ConnectorListener) {
    this.#session = session;
    this.#settings = settings;
    if (typeof settings.token === 'string') this.token = settings.token;
    this.#listener = listener;
  }

  async connect(): Promise<void> {
    const step = ++this.#step;
    this.#phase = 'up';
    this.tries++;
    this.#listener.state('connecting');
    this.#session.connect(this.#now());
    this.#arm();
    let token: string | undefined;
    try {
      token = await this.#token();
    } catch (error) {
      if (step === this.#step) this.#withoutToken(error as Error);
      return;
    }
    const prepared = await this.#listener.prepare().then(
      () => true,
      () => false,
    );
    if (prepared && step === this.#step) this.#open(token);
  }

  async #token(): Promise<string | undefined> {
    const { token } = this.#settings;
    if (typeof token === 'function') this.token = await token();
    return this.token;
  }

  #withoutToken(cause: Error): void {
    this.#listener.problem(tokenError(cause));
    this.#down(1006, 'no token');
  }

  #open(token: string | undefined): void {
    const { WebSocket, url, codec } = this.#settings;
    try {
      this.#link = new Link(WebSocket, url, codec.subprotocol, {
        opened: () => this.#hello(token),
        message: (data) => this.#receive(data),
        closed: (code, reason) => this.#down(code, reason),
      });
    } catch (cause) {
      this.#listener.failed(
        new ClientError('bad_option', `the WebSocket could not be made: ${(cause as Error).message}`, { cause }),
      );
    }
  }

  #hello(token: string | undefined): void {
    const { context, agent, runtime } = this.#settings;
    try {
      this.#link!.send(this.#session.hello({ token, context, agent, clock: runtime.wallClock() }, this.#now()));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#listener.failed(new ClientError('bad_option', error.message));
    }
  }

  #receive(data: Message): void {
    let op: string | undefined;
    try {
      const frame = this.#settings.codec.decodeServer(data);
      op = frame?.op;
      this.#session.receive(frame, this.#now(), this.#settings.runtime.random());
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#listener.problem(new ClientError('bad_frame', error.message));
      return this.#leave(1002, error.message);
    }
    if (this.#session.state === 'lost') {
      this.#listener.lost();
      return this.#leave(1000, 'numbering lost');
    }
    if (op === 'WELCOME') this.#listener.state('open');
    this.#listener.received(op);
    this.pump();
  }

  /** There may be something to send: everything that is pushed in one turn goes out together. */
  schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.pump();
    });
  }

  /** Sends what the connection takes. */
  pump(): void {
    const link = this.#link;
    if (!link) return;
    const now = this.#now();
    for (let message = this.#session.next(now); message !== null; message = this.#session.next(now)) link.send(message);
    if (now >= this.#renewAt) void this.#renew(link, now);
    this.#arm();
  }

  /** Only a token that is asked for can be replaced. */
  get #renewAt(): number {
    const { renewal, state } = this.#session;
    if (state !== 'open' || typeof this.#settings.token !== 'function') return Number.POSITIVE_INFINITY;
    return this.#renewing === this.#link ? Number.POSITIVE_INFINITY : renewal.dueAt;
  }

  /** Replaces the token before it expires, without a new connection. */
  async #renew(link: Link, now: number): Promise<void> {
    this.#renewing = link;
    this.#session.renewal.tried(now);
    try {
      const token = await this.#token();
      if (link === this.#link && token !== undefined) link.send(this.#session.auth(token));
    } catch (error) {
      if (link === this.#link) this.#listener.problem(tokenError(error as Error));
    }
    if (this.#renewing === link) this.#renewing = null;
    this.#arm();
  }

  /** One timer for all that the session waits for; it may ring too early, never too late. */
  #arm(): void {
    const at = Math.min(this.#session.wakeAt(), this.#renewAt);
    if (this.#timerAt <= at) return;
    this.#disarm();
    this.#timerAt = at;
    this.#timer = this.#settings.runtime.setTimeout(() => this.#ring(), Math.max(0, at - this.#now()));
  }

  #disarm(): void {
    this.#settings.runtime.clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #ring(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#session.expired(this.#now())) return this.#leave(1006, 'the server was silent for too long');
    this.pump();
    this.#arm();
  }

  /** Ends the connection from this side. */
  #leave(code: number, reason: string): void {
    this.#link?.abandon();
    this.#down(code, reason);
  }

  /** The connection is over: comes back after the backoff, or not at all. */
  #down(code: number, reason: string): void {
    this.#step++;
    this.#link = null;
    this.#disarm();
    const { runtime, backoff } = this.#settings;
    const { goAway } = this.#session;
    const name = closeName(code);
    this.lastClose = { code, name: name ?? null, reason: reason || goAway?.message || '' };
    this.#notBefore = this.#now() + (goAway?.retryAfterMs ?? 0);
    const delay = this.#session.closed(code, runtime.random(), this.#now());
    if (delay === null) {
      this.#phase = 'idle';
      const message = `the server closed with ${code}: ${this.lastClose.reason || name || 'no reason given'}`;
      const details = { closeCode: code, epoch: goAway?.epoch };
      return this.#listener.failed(new ClientError(closeErrorCode(name), message, details));
    }
    this.#retry(this.online ? delay : Math.max(delay, backoff.maxMs));
  }

  #retry(delay: number): void {
    const { runtime } = this.#settings;
    runtime.clearTimeout(this.#retryTimer);
    this.#phase = 'waiting';
    this.#listener.state(this.online ? 'waiting' : 'offline');
    this.#retryTimer = runtime.setTimeout(() => void this.connect(), delay);
  }

  /**
   * What the surroundings say of the network. Without one a connection is given up, and tries are as rare as they get: not none, because
   * surroundings err, for example where the server is on this machine. With one the next try comes at once.
   */
  network(online: boolean): void {
    this.online = online;
    if (online) this.#session.restartBackoff();
    if (this.#phase === 'up' && !online) this.#leave(1006, 'offline');
    else if (this.#phase === 'waiting')
      this.#retry(online ? Math.max(0, this.#notBefore - this.#now()) : this.#settings.backoff.maxMs);
  }

  /** Ends everything. Returns the WebSocket that is still closing, if there was one. */
  stop(): Link | null {
    const link = this.#link;
    this.#phase = 'idle';
    this.#step++;
    this.#link = null;
    this.#disarm();
    this.#settings.runtime.clearTimeout(this.#retryTimer);
    link?.abandon();
    this.#session.closed(1000, 0, this.#now());
    return link;
  }

  #now(): number {
    return this.#settings.runtime.now();
  }
}

function tokenError(cause: Error): ClientError {
  return new ClientError('token_failed', `the token could not be had: ${cause.message}`, { cause });
}
