/**
 * The client's side: one outbox over any number of connections, from HELLO to the close. Pure: frames in, messages and verdicts out;
 * `now` is ms of any steady clock.
 *
 * A connection: `connect` (a socket is being opened), `hello`, then `receive` for what comes and `next` for what goes, until `closed`.
 */

import type { ClientCodec, EncodedEvent, Message } from '../codec.ts';
import { type CloseName, mayReconnect, ProtocolError } from '../codes.ts';
import { Subscriber } from '../feed/subscriber.ts';
import type { Context, GoAway, Nack, PublishTerms, ServerFrame, Welcome } from '../frames.ts';
import { CLIENT_SILENCE_MS, DRAIN_MS, HELLO_MAX_BYTES, MAX_NUMBER, OPENING_TIMEOUT_MS } from '../limits.ts';
import { utf8Length } from '../utf8.ts';
import { Backoff } from './backoff.ts';
import { Blocked } from './blocked.ts';
import { type Entry, type Numbering, Outbox } from './outbox.ts';
import { Rejections } from './rejections.ts';
import { TokenRenewal } from './renewal.ts';
import { SendWindow } from './send-window.ts';
import type { DropReason, Verdict } from './verdict.ts';

/** The server's own deadlines with time for the network on top. */
const OPENING_PATIENCE_MS = OPENING_TIMEOUT_MS * 1.5;
const DRAIN_PATIENCE_MS = DRAIN_MS * 1.5;

export type ClientSessionState =
  /** No connection. */
  | 'closed'
  /** A socket is being opened, or HELLO was sent and WELCOME has not come. */
  | 'opening'
  /** Events flow. */
  | 'open'
  /** GOAWAY came: no PUBLISH is started, what was taken is being settled. */
  | 'leaving'
  /** The server settled numbers that this outbox never used: close, `raiseEpoch`, come back. */
  | 'lost';

export interface ClientSessionOptions<T> {
  codec: ClientCodec;
  producer: string;
  epoch: number;
  attempt: number;
  numbering: Numbering;
  /** false: the connection only subscribes, and says nothing of a producer. Default true. */
  publishes?: boolean;
  backoff?: { minMs?: number; maxMs?: number };
  /** Once for each event. `tag` is null for a number that was settled without one. */
  onVerdict(verdict: Verdict, tag: T | null): void;
  /** A number lost its event: `removed`, and those above it moved down by one, or `nil` in its place. A store must follow. */
  onGivenUp?(entry: Entry<T>, seq: number, how: 'removed' | 'nil'): void;
}

export interface Opening {
  token?: string;
  context?: Context;
  agent?: string;
  /** The client's time, ms since 1970. */
  clock: number;
}

export class ClientSession<T> {
  state: ClientSessionState = 'closed';
  producer: string;
  epoch: number;
  attempt: number;
  readonly outbox: Outbox<T>;
  /** What WELCOME said last; null before the first. */
  terms: PublishTerms | null = null;
  /** The server's pressure, 0 to 10. */
  level = 0;
  readonly feeds = new Subscriber();
  readonly renewal = new TokenRenewal();
  readonly #publishes: boolean;
  readonly #codec: ClientCodec;
  readonly #backoff: Backoff;
  readonly #onVerdict: ClientSessionOptions<T>['onVerdict'];
  readonly #onGivenUp: ClientSessionOptions<T>['onGivenUp'];
  readonly #rejections = new Rejections();
  readonly #blocked = new Blocked();
  #window = new SendWindow(0, 0, 0);
  #goAway: GoAway | null = null;
  /** When the current step of opening or leaving began, and when the server was last heard. */
  #since = 0;
  #heardAt = 0;

  constructor(options: ClientSessionOptions<T>) {
    this.#codec = options.codec;
    this.#publishes = options.publishes ?? true;
    this.producer = options.producer;
    this.epoch = options.epoch;
    this.attempt = options.attempt;
    this.outbox = new Outbox(options.codec.encodeEvent(null), options.numbering);
    this.#backoff = new Backoff(options.backoff?.minMs, options.backoff?.maxMs);
    this.#onVerdict = options.onVerdict;
    this.#onGivenUp = options.onGivenUp;
  }

  // What the application does

  /** The server has settled the next number already: `skip` it, there is nothing to send. Only under derived numbering. */
  get nextIsSettled(): boolean {
    return this.outbox.tracked < this.outbox.done;
  }

  /** Gives the next number, which is settled, to an event that need not be sent. */
  skip(tag: T | null): void {
    const seq = ++this.outbox.tracked;
    this.#onVerdict(this.#rejections.take(seq) ?? { status: 'settled', seq }, tag);
  }

  /** Skips all that is settled, telling the rejections that are remembered. Returns the number that the next event will have. */
  skipSettled(): number {
    const { outbox } = this;
    for (const verdict of this.#rejections.takeAll(outbox.tracked, outbox.done)) this.#onVerdict(verdict, null);
    outbox.tracked = Math.max(outbox.tracked, outbox.done);
    return outbox.tracked + 1;
  }

  /** Puts an event behind the others. null if it did not enter, its verdict is told then. `durable`: it may be sent at once. */
  push(event: EncodedEvent, tag: T, durable = true): Entry<T> | null {
    const fits = this.#fits(event);
    if (!fits && this.outbox.numbering === 'own') {
      this.#onVerdict({ status: 'dropped', seq: 0, reason: 'too_large' }, tag);
      return null;
    }
    const entry: Entry<T> = { data: event.data, bytes: event.bytes, tag, durable, dropped: false };
    this.outbox.push(entry);
    if (!fits) this.drop(this.outbox.tracked, 'too_large');
    return entry;
  }

  /** Does not let an event in; its verdict is told. */
  refuse(tag: T): void {
    this.#onVerdict({ status: 'dropped', seq: 0, reason: 'outbox_full' }, tag);
  }

  #fits({ bytes }: EncodedEvent): boolean {
    if (!this.terms) return true;
    const { maxEventBytes, maxFrameBytes } = this.terms;
    return bytes <= maxEventBytes && this.#codec.publishBytes(MAX_NUMBER, 1, bytes) <= maxFrameBytes;
  }

  /** Gives a number's event up and tells its verdict. */
  drop(seq: number, reason: DropReason): void {
    const isTold = this.outbox.at(seq)!.dropped;
    const { entry, how } = this.outbox.giveUp(seq);
    this.#onGivenUp?.(entry, seq, how);
    if (!isTold) this.#onVerdict({ status: 'dropped', seq: how === 'removed' ? 0 : seq, reason }, entry.tag);
  }

  /** Numbers on the wire on this connection and not settled. */
  get inFlight(): number {
    return this.state === 'closed' ? 0 : Math.max(0, this.#window.next - 1 - this.outbox.done);
  }

  get limit(): number {
    return this.#window.limit;
  }

  get limitBytes(): number {
    return this.#window.limitBytes;
  }

  /** Events wait and credit does not let the next one go. */
  get blocked(): boolean {
    return this.#blocked.is;
  }

  /** How long events have waited for credit, ms in all. */
  blockedMs(now: number): number {
    return this.#blocked.ms(now);
  }

  // The life of a connection

  /** A socket is being opened. Its `attempt` must be kept, where the outbox is kept, before `hello` is sent. */
  connect(now: number): void {
    this.state = 'opening';
    this.attempt++;
    this.#goAway = null;
    this.#window = new SendWindow(this.outbox.done, 0, 0);
    this.#since = this.#heardAt = now;
    this.#blocked.connected();
  }

  /** The socket is open: what goes first. Throws RangeError if token and context are more than a HELLO may hold. */
  hello(opening: Opening, now: number): Message {
    this.#since = this.#heardAt = now;
    const { producer, epoch, attempt } = this;
    const who = this.#publishes && { producer, epoch, attempt, done: this.outbox.done };
    const message = this.#codec.encode({ op: 'HELLO', ...opening, ...who });
    const bytes = typeof message === 'string' ? utf8Length(message) : message.length;
    if (bytes > HELLO_MAX_BYTES) throw new RangeError(`HELLO is longer than ${HELLO_MAX_BYTES} bytes`);
    return message;
  }

  /** A new token for this connection. */
  auth(token: string): Message {
    return this.#codec.encode({ op: 'AUTH', token });
  }

  /**
   * Throws ProtocolError for what a server must not send. Afterwards `next` may have something to say, or `state` be `lost`. `random` is
   * from 0 to 1.
   */
  receive(frame: ServerFrame | null, now: number, random = 1): void {
    this.#heardAt = now;
    if (!frame || this.state === 'closed' || this.state === 'lost') return;
    if (this.state === 'opening' && frame.op !== 'WELCOME' && frame.op !== 'GOAWAY' && frame.op !== 'BEAT') {
      throw new ProtocolError(`${frame.op} came before WELCOME`);
    }
    switch (frame.op) {
      case 'WELCOME':
        return this.#welcome(frame, now);
      case 'ACK':
        this.#backoff.reset();
        this.level = frame.level;
        this.#window.raise(frame.limit, frame.limitBytes);
        this.#settle(frame.done);
        return;
      case 'REJECTED':
        return this.#rejections.remember(frame.rejections, this.outbox.done);
      case 'NACK':
        return this.#nack(frame, now);
      case 'GOAWAY':
        this.#goAway = frame;
        if (this.state === 'open') this.state = 'leaving';
        this.#since = now;
        return;
      case 'AUTHENTICATED':
        return this.renewal.authenticated(frame.expires, now);
      case 'DATA':
        this.#backoff.reset();
        return this.feeds.receive(frame, now, random);
      case 'SUBSCRIBED':
      case 'GAP':
      case 'UNSUBSCRIBED':
        return this.feeds.receive(frame, now, random);
    }
  }

  #welcome({ terms, serverTime, authExpires }: Welcome, now: number): void {
    if (this.state !== 'opening') throw new ProtocolError('a second WELCOME');
    this.renewal.welcomed(serverTime, authExpires, now);
    if (this.#publishes) return this.#agree(terms);
    this.state = this.#goAway ? 'leaving' : 'open';
  }

  #agree(terms: PublishTerms | undefined): void {
    if (!terms) throw new ProtocolError('WELCOME without the terms of publishing');
    if (terms.producer !== this.producer || terms.epoch !== this.epoch)
      throw new ProtocolError('WELCOME for another producer');
    this.terms = terms;
    this.state = this.#goAway ? 'leaving' : 'open';
    this.#rejections.remember(terms.rejected ?? [], this.outbox.done);
    if (!this.#settle(terms.done)) return;
    this.#window = new SendWindow(this.outbox.done, terms.limit, terms.limitBytes);
    this.#dropTooLarge();
  }

  /** What was tracked before the first WELCOME may not fit, nor what another server took. */
  #dropTooLarge(): void {
    const { outbox } = this;
    for (let seq = outbox.tracked; seq > outbox.done; seq--) {
      const entry = outbox.at(seq)!;
      if (!entry.dropped && !this.#fits(entry)) this.drop(seq, 'too_large');
    }
  }

  /** Everything up to `done` has its verdict. False if that cannot be, because these numbers were never used here. */
  #settle(done: number): boolean {
    const { outbox } = this;
    if (done > outbox.used && outbox.numbering === 'own') {
      this.state = 'lost';
      return false;
    }
    this.#window.settle(done);
    while (outbox.done < done) {
      const entry = outbox.settleNext();
      if (!entry) {
        outbox.skipTo(done);
        break;
      }
      const seq = outbox.done;
      const rejected = this.#rejections.take(seq);
      if (entry.dropped) continue;
      this.#onVerdict(rejected ?? { status: seq <= outbox.sent ? 'stored' : 'settled', seq }, entry.tag);
    }
    return true;
  }

  #nack(nack: Nack, now: number): void {
    if (nack.from <= this.outbox.done || nack.from > this.#window.next) {
      throw new ProtocolError(`NACK from ${nack.from}, which is settled or was never sent`);
    }
    this.#window.rewind(nack);
    if (nack.code === 'over_credit') this.#blocked.known(now);
    if (nack.code === 'going_away' && this.state === 'open') {
      this.state = 'leaving';
      this.#since = now;
    }
  }

  /**
   * Decides what to send: the next message, or null if there is nothing to say now. To be asked until null, after every `receive` and
   * `push`, and at `wakeAt`.
   *
   *   1. Nothing goes out before WELCOME; after GOAWAY no PUBLISH is started.
   *   2. Each PUBLISH begins where the one before ended: at done + 1 after WELCOME, at `from` after a NACK.
   *   3. No number above `limit`, no byte above `limitBytes`, ever.
   *   4. A frame holds 1 to maxFrameEvents events in at most maxFrameBytes bytes, and as many as all of this allows.
   *   5. Only what is durable where the outbox is kept is sent.
   *   6. After NACK over_credit nothing is published before an ACK has come.
   *   7. What is to be said of feeds goes before events: it costs no credit and is short.
   *   8. BLOCKED says that an event waits and credit does not let even that one go; its repeat comes at most once a second.
   */
  next(now: number): Message | null {
    if (this.state !== 'open') return null;
    const control = this.feeds.next(now);
    if (control) return this.#codec.encode(control);
    if (!this.terms) return null;
    const window = this.#window;
    if (!this.outbox.sendable(window.next)) {
      this.#blocked.end(now);
      return null;
    }
    const { maxFrameBytes } = this.terms;
    if (!window.awaitsAck) {
      const { events, bytes } = this.#gather(window.limit, Math.min(maxFrameBytes, window.roomBytes));
      if (events.length > 0) return this.#publish(events, bytes, now);
    }
    this.#blocked.begin(now);
    if (now < this.#blocked.dueAt(this.inFlight)) return null;
    this.#blocked.known(now);
    return this.#codec.encode({
      op: 'BLOCKED',
      seq: this.outbox.tracked,
      bytes: this.#gather(MAX_NUMBER, maxFrameBytes).bytes,
    });
  }

  /** The longest run of events from `next` on within these bounds, and the size of a PUBLISH with them. */
  #gather(lastAllowed: number, bytesAllowed: number): { events: Entry<T>[]; bytes: number } {
    const first = this.#window.next;
    const most = Math.min(this.terms!.maxFrameEvents, lastAllowed - first + 1);
    const events: Entry<T>[] = [];
    let eventBytes = 0;
    let bytes = 0;
    while (events.length < most) {
      const entry = this.outbox.sendable(first + events.length);
      if (!entry) break;
      const withIt = this.#codec.publishBytes(first, events.length + 1, eventBytes + entry.bytes);
      if (withIt > bytesAllowed) break;
      events.push(entry);
      eventBytes += entry.bytes;
      bytes = withIt;
    }
    return { events, bytes };
  }

  #publish(events: Entry<T>[], bytes: number, now: number): Message {
    const window = this.#window;
    const first = window.next;
    const last = first + events.length - 1;
    window.record(last, bytes);
    this.outbox.markSent(last);
    this.#blocked.published(now);
    return this.#codec.encodePublish(first, events);
  }

  /** When `next` or `expired` must be asked again, ms; Infinity without a connection. */
  wakeAt(): number {
    if (this.state === 'closed') return Number.POSITIVE_INFINITY;
    if (this.state !== 'open') return this.#deadline();
    const blockedDue = this.blocked ? this.#blocked.dueAt(this.inFlight) : Number.POSITIVE_INFINITY;
    return Math.min(this.#deadline(), blockedDue, this.feeds.wakeAt());
  }

  /** The server has been silent for too long: close the socket and come back. */
  expired(now: number): boolean {
    return this.state !== 'closed' && now >= this.#deadline();
  }

  #deadline(): number {
    if (this.state === 'opening') return this.#since + OPENING_PATIENCE_MS;
    const silence = this.#heardAt + CLIENT_SILENCE_MS;
    return this.state === 'leaving' ? Math.min(silence, this.#since + DRAIN_PATIENCE_MS) : silence;
  }

  /** The connection is gone. ms until the next try, or null where the code forbids one; the outbox is kept. `random` is from 0 to 1. */
  closed(code: number, random: number, now: number): number | null {
    this.#blocked.end(now);
    this.state = 'closed';
    this.feeds.disconnected();
    this.#window = new SendWindow(this.outbox.done, 0, 0);
    if (!mayReconnect(code)) return null;
    return Math.max(this.#goAway?.retryAfterMs ?? 0, this.#backoff.next(random));
  }

  /** What stood between here and the server is gone: the next pauses are short again. */
  restartBackoff(): void {
    this.#backoff.reset();
  }

  /** What the last GOAWAY of this connection said. */
  get goAway(): { code: CloseName; message: string; retryAfterMs: number; epoch?: number } | null {
    return this.#goAway;
  }

  /**
   * The numbering is not (or no longer) known to be this outbox's own: everything that is not settled is numbered anew under a higher epoch.
   * What was sent before may so be stored a second time; losing it would be worse. Returns the old `done`: new number = old - done.
   */
  raiseEpoch(epoch: number): number {
    const { done } = this.outbox;
    this.epoch = epoch;
    this.outbox.renumber();
    this.#rejections.clear();
    return done;
  }
}
