/** One WebSocket as the rest of the server sees it: nothing here knows which library carries it. */
import type { Message } from '../../protocol/codec.ts';
import type { Subprotocol } from '../../protocol/limits.ts';

export interface Socket {
  readonly id: string;
  readonly subprotocol: Subprotocol;
  readonly userAgent: string;
  /** `clogged`: accepted, but the buffer is over its limit. `failed`: not queued or already closed; the caller terminates. */
  send(message: Message): 'sent' | 'clogged' | 'failed';
  /** Bytes accepted and not yet handed to the kernel. */
  buffered(): number;
  /** Sends what is queued, then a close frame. Nothing can be sent afterwards; a second call does nothing. */
  close(code: number, reason: string): void;
  /** Cuts the connection at once. */
  terminate(): void;
}

/** Who gets a socket's events. Handlers may throw: the transport logs it and ends that socket, nothing else. */
export interface SocketListener {
  /** The bytes are valid only until the call returns. */
  message(bytes: Uint8Array, binary: boolean): void;
  /** The send buffer is below its limit again. */
  drained(): void;
  /** Exactly once, whoever closed; never from inside a call of `close` or `terminate`. */
  closed(code: number): void;
}

export type AcceptSocket = (socket: Socket) => SocketListener;
