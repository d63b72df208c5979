/**
 * The server's side of one connection, from the upgrade to the close: what may come when, and who handles it. Pure: decoded frames in,
 * calls of `ServerSessionSink` out; `now` is ms of any steady clock.
 */
import { type CloseName, GOAWAY_BEFORE, ProtocolError } from '../codes.ts';
import type {
  Auth,
  ClientFrame,
  Durability,
  Flow,
  GoAway,
  Hello,
  Publish,
  Rejection,
  ServerFrame,
  Subscribe,
  Unsubscribe,
  Welcome,
} from '../frames.ts';
import {
  AUTH_FRAMES_PER_MINUTE,
  BEAT_INTERVAL_MS,
  CONTROL_FRAMES_PER_SECOND,
  DRAIN_MS,
  type FrameLimits,
  OPENING_TIMEOUT_MS,
} from '../limits.ts';
import { Publisher, type PublisherSink, type PublisherStart } from './publisher.ts';
import { RateLimit } from './strikes.ts';

export type ServerSessionState =
  /** The socket is open, HELLO has not come. */
  | 'hello'
  /** HELLO came, WELCOME is being prepared. */
  | 'opening'
  /** Frames flow. */
  | 'open'
  /** GOAWAY was sent; what was taken is being settled. */
  | 'draining'
  /** Closed by either side. */
  | 'closed';

export interface ServerSessionSink {
  send(frame: ServerFrame): void;
  /** Close the socket with this code, once. */
  close(code: CloseName, message: string): void;
  /** HELLO came: verify the token, find out what is settled, then call `welcome` or `end`. */
  hello(frame: Hello): void;
  take(frame: Publish, skip: number): void;
  auth(frame: Auth): void;
  subscribe(frame: Subscribe): void;
  flow(frame: Flow): void;
  unsubscribe(frame: Unsubscribe): void;
}

/** What a publisher's connection opens with. */
export interface PublisherOpening extends PublisherStart {
  producer: string;
  epoch: number;
  durability: Durability;
  dedupMs: number;
  maxAgeMs: number;
}

export class ServerSession implements PublisherSink {
  state: ServerSessionState = 'hello';
  publisher: Publisher | null = null;
  private readonly sink: ServerSessionSink;
  private readonly limits: FrameLimits;
  private readonly control = new RateLimit(CONTROL_FRAMES_PER_SECOND + 1, 1_000);
  private readonly auths = new RateLimit(AUTH_FRAMES_PER_MINUTE + 1, 60_000);
  private since: number;
  private now: number;
  private lastSent: number;
  private leaving: { code: CloseName; message: string } | null = null;

  constructor(sink: ServerSessionSink, limits: FrameLimits, now: number) {
    this.sink = sink;
    this.limits = limits;
    this.since = this.now = this.lastSent = now;
  }

  /** Throws ProtocolError for what ends the connection. */
  receive(frame: ClientFrame, now: number): void {
    if (this.state === 'closed') return;
    this.now = now;
    if (frame.op !== 'PUBLISH' && this.control.hit(now)) {
      throw new ProtocolError('too many control frames in a second', 'credit_violation');
    }
    if (this.state === 'hello') return this.receiveHello(frame, now);
    if (this.state === 'opening') throw new ProtocolError('a frame came before WELCOME was sent');
    if (frame.op === 'HELLO') throw new ProtocolError('a second HELLO');
    this.dispatch(frame, now);
  }

  private receiveHello(frame: ClientFrame, now: number): void {
    if (frame.op !== 'HELLO') throw new ProtocolError('the first frame is not HELLO');
    this.state = 'opening';
    this.since = now;
    this.sink.hello(frame);
  }

  private dispatch(frame: Exclude<ClientFrame, Hello>, now: number): void {
    switch (frame.op) {
      case 'PUBLISH':
        return this.publishing().publish(frame, now);
      case 'BLOCKED':
        return this.publishing().blocked(frame.bytes, now);
      case 'AUTH':
        if (this.auths.hit(now)) throw new ProtocolError('too many AUTH frames in a minute', 'credit_violation');
        return this.sink.auth(frame);
      case 'SUBSCRIBE':
        return this.sink.subscribe(frame);
      case 'FLOW':
        return this.sink.flow(frame);
      case 'UNSUBSCRIBE':
        return this.sink.unsubscribe(frame);
    }
  }

  private publishing(): Publisher {
    if (!this.publisher) throw new ProtocolError('HELLO named no producer, this connection only subscribes');
    return this.publisher;
  }

  /** Opens the connection; without `opening` it only subscribes. */
  welcome(
    base: Omit<Welcome, 'op' | 'terms' | 'serverTime'>,
    serverTime: number,
    opening: PublisherOpening | null,
    now: number,
  ): void {
    if (this.state !== 'opening') return;
    this.state = 'open';
    this.now = now;
    const welcome: Welcome = { op: 'WELCOME', serverTime, ...base };
    if (opening) {
      const { producer, epoch, durability, dedupMs, maxAgeMs } = opening;
      this.publisher = new Publisher(this, opening);
      const terms = { producer, epoch, durability, dedupMs, maxAgeMs };
      welcome.terms = Object.assign(terms, this.limits, this.publisher.terms());
    }
    this.send(welcome);
  }

  /** Sends any frame of the server; a draining connection still gets its ACKs. */
  send(frame: ServerFrame): void {
    if (this.state === 'closed') return;
    this.lastSent = this.now;
    this.sink.send(frame);
  }

  // What the publisher asks for, besides `send`.

  take(frame: Publish, skip: number): void {
    this.sink.take(frame, skip);
  }

  violation(close: CloseName, message: string): never {
    throw new ProtocolError(message, close);
  }

  /** A frame was sent past this session. */
  sentElsewhere(now: number): void {
    this.lastSent = now;
  }

  /** Verdicts of these numbers are committed. */
  settle(seqs: readonly number[], rejections: readonly Rejection[], now: number): void {
    this.now = now;
    this.publisher?.settle(seqs, rejections, now);
    if (this.state === 'draining') this.tick(now);
  }

  /**
   * Ends the connection: at once for what does not come with GOAWAY; otherwise GOAWAY, then the close when all is settled,
   * at the latest after `DRAIN_MS`. What comes without GOAWAY also ends a connection that has got one.
   */
  end(code: CloseName, message: string, now: number, retryAfterMs = 0, epoch?: number): void {
    const settles = GOAWAY_BEFORE.has(code);
    if (this.state === 'closed' || (this.state === 'draining' && settles)) return;
    this.now = now;
    const goAway: GoAway = { op: 'GOAWAY', code, message, retryAfterMs, ...(epoch !== undefined && { epoch }) };
    if (epoch !== undefined || settles) this.send(goAway);
    if (!settles || !this.publisher || this.publisher.drained) return this.finish(code, message);
    this.state = 'draining';
    this.since = now;
    this.leaving = { code, message };
    this.publisher.drain();
  }

  private finish(code: CloseName, message: string): void {
    if (this.state === 'closed') return;
    this.closed();
    this.sink.close(code, message);
  }

  /** The socket is gone. */
  closed(): void {
    this.state = 'closed';
    this.publisher?.close();
  }

  /** Verdicts were committed, credit changed, or time passed: tells the client what is due and ends what is over. */
  tick(now: number): void {
    if (this.state === 'closed') return;
    this.now = now;
    if (this.state === 'hello' || this.state === 'opening') {
      if (now - this.since < OPENING_TIMEOUT_MS) return;
      if (this.state === 'hello') this.finish('hello_timeout', 'HELLO did not come in time');
      else this.end('storage_unavailable', 'what is settled could not be read in time', now);
      return;
    }
    this.publisher?.tick(now);
    if (this.leaving && (this.publisher?.drained || now - this.since >= DRAIN_MS)) {
      this.publisher?.conclude(now);
      this.finish(this.leaving.code, this.leaving.message);
    }
  }

  /** When `tick` has something to do next, ms; null if nothing waits. HELLO alone may come a little late. */
  get deadline(): number | null {
    if (this.state === 'opening') return this.since + OPENING_TIMEOUT_MS;
    if (this.state === 'draining') return this.now;
    return this.publisher?.deadline ?? null;
  }

  /** Sends BEAT when nothing else was sent for a while. */
  beat(serverTime: number, now: number): void {
    this.now = now;
    const quiet = this.state === 'open' || this.state === 'draining';
    if (quiet && now - this.lastSent >= BEAT_INTERVAL_MS) this.send({ op: 'BEAT', serverTime });
  }
}
