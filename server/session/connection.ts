/**
 * One WebSocket with its session: bytes in, frames out, events to the ingest. It translates between the pure session object and the
 * parts around it, and decides nothing that the session can decide.
 */

import type { Codec, Message } from '../../protocol/codec.ts';
import { CLOSE_CODES, type CloseName, ProtocolError } from '../../protocol/codes.ts';
import type { Auth, Flow, Hello, Publish, ServerFrame, Subscribe, Unsubscribe } from '../../protocol/frames.ts';
import type { FrameLimits } from '../../protocol/limits.ts';
import { type PublisherOpening, ServerSession, type ServerSessionSink } from '../../protocol/session/server.ts';
import { codecFor } from '../../protocol/wire.ts';
import type { SlabSource } from '../../workers/slab.ts';
import type { Identity } from '../gateway/identity.ts';
import { largestMessage } from '../gateway/message-bytes.ts';
import type { Socket, SocketListener } from '../gateway/socket.ts';
import type { Arena } from '../ingest/arena.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Settlement, Source, SourceOwner } from '../ingest/source.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { SubscribingConnection } from './feeds-link.ts';
import { SAMPLED, type Sample } from './sample.ts';
import { Unanswered } from './unanswered.ts';

/** Raw bytes a second that credit does not account for: control frames and what is refused. */
const STRAY_BYTES_PER_SECOND = 1024 * 1024;
/** How long a connection may not read before it is ended. */
const CLOGGED_MS = 10_000;
/** How long a close may take before the socket is cut. */
const CLOSING_MS = 5_000;

export interface ConnectionParts {
  ingest: Ingest;
  limits: FrameLimits;
  metrics: Metrics;
  arena: Arena;
  sample: Sample;
  /** After this time the transport cuts a connection. */
  lifetimeMs: number;
}

/** Who a connection publishes as, once HELLO named a producer. */
export interface Publishing {
  source: Source;
  sender: SlabSource;
}

/** What the connection asks of those who keep all connections. */
export interface ConnectionKeeper {
  hello(connection: Connection, frame: Hello): void;
  opened(connection: Connection): void;
  auth(connection: Connection, token: string): void;
  subscribe(connection: Connection, frame: Subscribe): void;
  flow(connection: Connection, sub: number, limit: number): void;
  unsubscribe(connection: Connection, sub: number): void;
  /** Something is due soon: tick it. */
  due(connection: Connection): void;
  /** The socket is gone, or its last event is settled after that. */
  closed(connection: Connection): void;
  drained(connection: Connection): void;
  /** The socket, which was clogged, takes frames again. */
  writable(connection: Connection): void;
}

export class Connection implements SocketListener, ServerSessionSink, SourceOwner, SubscribingConnection {
  readonly socket: Socket;
  readonly session: ServerSession;
  identity: Identity | null = null;
  publishing: Publishing | null = null;
  /** The producer it speaks for, over all epochs, from HELLO on. */
  producerName: string | null = null;
  private readonly parts: ConnectionParts;
  private readonly keeper: ConnectionKeeper;
  private readonly codec: Codec;
  private readonly largestMessage: number;
  /** When it is ended in order, well before the transport would cut it; spread, since many may have come at once. */
  private readonly retireAt: number;
  private strayBytes = 0;
  private cloggedSince: number | null = null;
  private closingSince: number | null = null;
  /** When the frame that is being received came; whether it is timed, and what copying it took then. */
  private receivedAt = 0;
  private timed = false;
  private copyMs = 0;
  private readonly unanswered = new Unanswered();

  constructor(socket: Socket, parts: ConnectionParts, keeper: ConnectionKeeper) {
    this.socket = socket;
    this.parts = parts;
    this.keeper = keeper;
    this.codec = codecFor(socket.subprotocol);
    this.retireAt = performance.now() + parts.lifetimeMs * (0.8 + 0.15 * Math.random());
    this.largestMessage = largestMessage(parts.limits.maxFrameBytes);
    this.session = new ServerSession(this, parts.limits, performance.now());
  }

  // What the session asks for.

  send(frame: ServerFrame): void {
    if (frame.op === 'ACK') this.measure(frame.done);
    else if (frame.op === 'NACK') this.parts.metrics.nacked(frame.code);
    this.put(this.codec.encode(frame));
  }

  close(code: CloseName, message: string): void {
    this.closingSince ??= performance.now();
    this.socket.close(CLOSE_CODES[code], message);
  }

  hello(frame: Hello): void {
    this.keeper.hello(this, frame);
  }

  auth(frame: Auth): void {
    this.keeper.auth(this, frame.token);
  }

  subscribe(frame: Subscribe): void {
    this.keeper.subscribe(this, frame);
  }

  flow(frame: Flow): void {
    this.keeper.flow(this, frame.sub, frame.limit);
  }

  unsubscribe(frame: Unsubscribe): void {
    this.keeper.unsubscribe(this, frame.sub);
  }

  message(bytes: Uint8Array, binary: boolean): void {
    const now = performance.now();
    this.receivedAt = now;
    this.timed = this.parts.sample.next();
    this.copyMs = 0;
    try {
      if (binary !== this.codec.binary) throw new ProtocolError('text and binary messages were mixed up');
      if (bytes.length > this.largestMessage) throw new ProtocolError('frame is too large', 'too_large');
      const credited = this.creditedBytes;
      this.session.receive(this.codec.decodeClient(bytes), now);
      this.countStray(bytes.length - (this.creditedBytes - credited));
      if (this.timed) this.stage('receive', performance.now() - now - this.copyMs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.session.end(error.close, error.message, now);
    }
    this.watch();
  }

  private get creditedBytes(): number {
    return this.session.publisher?.window.receivedBytes ?? 0;
  }

  /** The hard bound beside credit: whatever credit did not take counts here. */
  private countStray(bytes: number): void {
    this.strayBytes += bytes;
    if (this.strayBytes > STRAY_BYTES_PER_SECOND) {
      throw new ProtocolError('too many bytes beyond the limits', 'credit_violation');
    }
  }

  take(frame: Publish, skip: number): void {
    const { source, sender } = this.publishing!;
    const { format, first, count } = frame;
    this.unanswered.take(first + count - 1, this.receivedAt);
    const began = this.timed ? performance.now() : 0;
    const copy = this.parts.arena.copy(frame.events);
    const pending = { format, copy, first, count, skip, receivedAt: Date.now(), sender };
    this.parts.ingest.take(source, pending, frame.bytes, 'socket');
    if (!this.timed) return;
    this.copyMs = performance.now() - began;
    this.stage('copy', this.copyMs);
  }

  /** A frame that is timed stands for those that are not. */
  private stage(stage: 'receive' | 'copy', ms: number): void {
    this.parts.metrics.stage(stage, (ms * SAMPLED) / 1000);
  }

  private put(message: Message): 'sent' | 'clogged' | 'failed' {
    const result = this.socket.send(message);
    if (result === 'failed') this.drop();
    else if (result === 'clogged') this.clog();
    return result;
  }

  deliver(message: Message): 'sent' | 'clogged' | 'failed' {
    if (this.session.state === 'closed') return 'failed';
    this.session.sentElsewhere(performance.now());
    return this.put(message);
  }

  violate(message: string): void {
    this.end('protocol_error', message);
  }

  /** A frame could not be queued: what follows would leave a gap. */
  private drop(): void {
    this.session.closed();
    this.close('slow_consumer', 'a frame could not be queued');
  }

  private clog(): void {
    this.cloggedSince ??= performance.now();
    if (this.session.publisher) this.session.publisher.window.frozen = true;
  }

  private measure(done: number): void {
    const since = this.unanswered.answer(done);
    if (since !== null) this.parts.metrics.ackLatency((performance.now() - since) / 1000);
  }

  drained(): void {
    this.cloggedSince = null;
    this.session.publisher?.setReading(true, performance.now());
    this.keeper.writable(this);
    this.watch();
  }

  closed(): void {
    this.session.closed();
    this.keeper.closed(this);
  }

  /** Opens the connection once HELLO is answered; without `opening` it only subscribes. */
  open(identity: Identity, opening: PublisherOpening | null, publishing: Publishing | null): void {
    this.identity = identity;
    this.publishing = publishing;
    const base = {
      session: this.socket.id,
      ...(identity.expires !== undefined && { authExpires: identity.expires }),
    };
    this.session.welcome(base, Date.now(), opening, performance.now());
    this.keeper.opened(this);
    this.watch();
  }

  end(code: CloseName, message: string, retryAfterMs = 0, epoch?: number): void {
    this.session.end(code, message, performance.now(), retryAfterMs, epoch);
    this.watch();
  }

  tick(now: number): void {
    this.session.tick(now);
  }

  /** Once a second: what is not worth a timer of its own. */
  sweep(now: number): void {
    this.strayBytes = 0;
    if (this.cloggedSince !== null && now - this.cloggedSince >= CLOGGED_MS) {
      this.end('slow_consumer', 'the connection does not read');
    }
    if (this.closingSince !== null && now - this.closingSince >= CLOSING_MS) return this.socket.terminate();
    if (now >= this.retireAt) this.end('going_away', 'the connection is old, a new one takes its place');
    const expires = this.identity?.expires;
    if (expires !== undefined && Date.now() >= expires) this.end('token_expired', 'the token has expired');
    this.session.tick(now);
    this.session.beat(Date.now(), now);
  }

  private watch(): void {
    if (this.session.deadline !== null) this.keeper.due(this);
  }

  /** Everything up to here is settled. */
  get done(): number {
    return this.session.publisher?.done ?? 0;
  }

  /** Events taken and not settled. */
  get unsettled(): number {
    return this.session.publisher?.window.unsettled ?? 0;
  }

  settle({ seqs, rejected }: Settlement): void {
    this.session.settle(seqs, rejected, performance.now());
    this.watch();
    if (this.session.state === 'closed' && this.unsettled === 0) this.keeper.drained(this);
  }

  fail(message: string): void {
    this.parts.ingest.abandon(this.publishing!.source);
    this.session.publisher?.abandon();
    this.end('storage_unavailable', message);
    if (this.session.state === 'closed') this.keeper.drained(this);
  }
}
