/**
 * A `Socket` over what a WebSocket library gives. It knows when the library's object may no longer be touched, how full the send
 * buffer is, and how many pings came. One exists for each open connection, so it is small.
 */
import type { Message } from '../../protocol/codec.ts';
import { CLOSE_CODES, CONTROL_FRAMES_PER_SECOND, type Subprotocol } from '../../protocol/wire.ts';
import type { SendFailure } from '../ops/metric-labels.ts';
import type { AcceptSocket, Socket, SocketListener } from './socket.ts';

/** The library's object. It reports the close before `end` or `close` returns, and must not be touched from then on. */
export interface RawSocket {
  /** 0: some of it is buffered, 1: all handed on, 2: dropped. */
  send(message: Message, binary: boolean): number;
  getBufferedAmount(): number;
  end(code: number, reason: string): void;
  close(): void;
}

/** What all sockets of a transport share. */
export interface WireSocketParts {
  /** Unread bytes from which on a socket is clogged. */
  clogBytes: number;
  /** Unread bytes beyond which nothing is queued. Below the library's own bound, so that the close frame still finds room. */
  dropBytes: number;
  sendFailed(kind: SendFailure): void;
  /** A listener threw. */
  listenerFailed(socket: Socket, error: unknown): void;
}

/** For what a listener throws: "internal error", after which a client comes back. */
const INTERNAL_ERROR = 1011;

export class WireSocket implements Socket {
  readonly id: string;
  readonly subprotocol: Subprotocol;
  readonly userAgent: string;
  private readonly parts: WireSocketParts;
  private raw: RawSocket | null = null;
  private listener: SocketListener | null = null;
  /** `ending`: close() or terminate() was called, the library is about to report it. */
  private state: 'opening' | 'open' | 'ending' | 'closed' = 'opening';
  /** Whether the library had to buffer since it was last empty; only then is it worth asking how much. */
  private buffering = false;
  private clogged = false;
  private controlSecond = 0;
  private controlFrames = 0;

  constructor(id: string, shake: { subprotocol: Subprotocol; userAgent: string }, parts: WireSocketParts) {
    this.id = id;
    this.subprotocol = shake.subprotocol;
    this.userAgent = shake.userAgent;
    this.parts = parts;
  }

  send(message: Message): 'sent' | 'clogged' | 'failed' {
    if (this.state !== 'open') return 'failed';
    const full = this.buffered() > this.parts.dropBytes;
    const result = full ? 2 : this.raw!.send(message, typeof message !== 'string');
    if (result === 2) {
      this.parts.sendFailed('failed');
      return 'failed';
    }
    if (result === 0) this.buffering = true;
    if (this.buffered() <= this.parts.clogBytes) return 'sent';
    if (!this.clogged) this.parts.sendFailed('clogged');
    this.clogged = true;
    return 'clogged';
  }

  buffered(): number {
    return this.state === 'open' && this.buffering ? this.raw!.getBufferedAmount() : 0;
  }

  close(code: number, reason: string): void {
    if (this.state !== 'open') return;
    this.state = 'ending';
    this.raw!.end(code, reason);
  }

  terminate(): void {
    if (this.state !== 'open') return;
    this.state = 'ending';
    this.raw!.close();
  }

  // What the library reports; called by the transport only. None of it throws.

  /** `accept` may send and close at once. */
  onOpen(raw: RawSocket, accept: AcceptSocket): void {
    this.raw = raw;
    this.state = 'open';
    this.guarded(() => {
      this.listener = accept(this);
    });
  }

  onMessage(bytes: Uint8Array, binary: boolean): void {
    if (this.state !== 'open') return;
    // As `guarded`, without a closure: there is one for each frame.
    try {
      this.listener?.message(bytes, binary);
    } catch (error) {
      this.failed(error);
    }
  }

  /** A ping or pong of the peer. */
  onControlFrame(now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.controlSecond) {
      this.controlSecond = second;
      this.controlFrames = 0;
    }
    if (++this.controlFrames > CONTROL_FRAMES_PER_SECOND) this.close(CLOSE_CODES.credit_violation, 'too many pings');
  }

  onDrain(): void {
    if (this.state !== 'open') return;
    const left = this.raw!.getBufferedAmount();
    if (left === 0) this.buffering = false;
    if (!this.clogged || left > this.parts.clogBytes) return;
    this.clogged = false;
    this.guarded(() => this.listener?.drained());
  }

  /** A close that this side asked for is told later, so that nobody is called from inside its own call of `close`. */
  onClose(code: number): void {
    const own = this.state === 'ending';
    this.state = 'closed';
    this.raw = null;
    const tell = () => this.guarded(() => this.listener?.closed(code));
    if (own) queueMicrotask(tell);
    else tell();
  }

  private guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.parts.listenerFailed(this, error);
    this.close(INTERNAL_ERROR, 'internal error');
  }
}
