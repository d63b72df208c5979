/** One WebSocket, opened once and closed once, whichever side ends it and however many events its library sends about it. */
import type { Message } from '../protocol/codec.ts';
import type { Subprotocol } from '../protocol/limits.ts';
import type { WebSocketConstructor, WebSocketLike } from './types.ts';

export interface LinkListener {
  opened(): void;
  message(data: Message): void;
  /** At most once, and not after `abandon`. `reason` is for people. */
  closed(code: number, reason: string): void;
}

export class Link {
  readonly #socket: WebSocketLike;
  #listener: LinkListener | null;
  #failure = '';
  #over = false;
  #onOver: (() => void) | null = null;

  /** Throws what the constructor of the WebSocket throws: the URL is no good. */
  constructor(WebSocket: WebSocketConstructor, url: string, subprotocol: Subprotocol, listener: LinkListener) {
    this.#listener = listener;
    const socket = new WebSocket(url, [subprotocol]);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#listener?.opened();
    socket.onmessage = ({ data }) => this.#listener?.message(asMessage(data));
    socket.onerror = (event) => {
      this.#failure = (event as { message?: string } | undefined)?.message ?? '';
    };
    socket.onclose = ({ code, reason }) => {
      this.#over = true;
      this.#onOver?.();
      const current = this.#listener;
      this.#listener = null;
      current?.closed(code, reason || this.#failure);
    };
  }

  send(message: Message): void {
    this.#socket.send(message);
  }

  /** Ends it without another word to the listener. A peer that does not answer the close is left to the WebSocket library. */
  abandon(): void {
    this.#listener = null;
    if (!this.#over) this.#socket.close(1000);
  }

  /** Resolves when the socket is closed. */
  whenOver(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over) resolve();
      else this.#onOver = resolve;
    });
  }
}

function asMessage(data: unknown): Message {
  if (typeof data === 'string') return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data as ArrayBuffer);
}
