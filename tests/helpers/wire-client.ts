/** A client that speaks bare frames over a real WebSocket: for tests of what the server answers, frame by frame. */
import WebSocket from 'ws';
import type { EncodedEvent } from '../../protocol/codec.ts';
import { codecFor, type Frame, type Hello, PATH, type ServerFrame, type Subprotocol } from '../../protocol/wire.ts';

type Sendable = Parameters<ReturnType<typeof codecFor>['encode']>[0];

export interface Closed {
  code: number;
  reason: string;
}

export class WireClient {
  readonly socket: WebSocket;
  readonly frames: ServerFrame[] = [];
  closed: Closed | null = null;
  private readonly codec;
  private waiting: (() => void)[] = [];

  private constructor(socket: WebSocket, subprotocol: Subprotocol) {
    this.socket = socket;
    this.codec = codecFor(subprotocol);
    socket.on('message', (data: Buffer, binary: boolean) => {
      const frame = this.codec.decodeServer(binary ? new Uint8Array(data) : data.toString('utf8'));
      if (frame) this.frames.push(frame);
      this.wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.wake();
    });
    socket.on('error', () => {});
  }

  static async connect(url: string, subprotocol: Subprotocol = 'gapless.v1.msgpack'): Promise<WireClient> {
    const socket = new WebSocket(url + PATH, subprotocol, { perMessageDeflate: false });
    const client = new WireClient(socket, subprotocol);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return client;
  }

  /** Connects and says HELLO; resolves with WELCOME. */
  static async open(url: string, hello: Omit<Hello, 'op'>, subprotocol?: Subprotocol) {
    const client = await WireClient.connect(url, subprotocol);
    client.send({ op: 'HELLO', ...hello });
    const welcome = await client.next('WELCOME');
    return { client, welcome };
  }

  send(frame: Sendable): void {
    this.socket.send(this.codec.encode(frame));
  }

  encode(event: unknown): EncodedEvent {
    return this.codec.encodeEvent(event);
  }

  /** Sends events as one PUBLISH; returns its payload size. */
  publish(first: number, events: readonly unknown[]): number {
    const message = this.codec.encodePublish(
      first,
      events.map((event) => this.codec.encodeEvent(event)),
    );
    this.socket.send(message);
    return typeof message === 'string' ? Buffer.byteLength(message) : message.length;
  }

  sendRaw(message: Uint8Array | string): void {
    this.socket.send(message);
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  private async change(): Promise<void> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The next frame of this kind for which `wanted` holds; it and all before it are taken from `frames`. */
  async next<Op extends ServerFrame['op']>(
    op: Op,
    wanted: (frame: Extract<ServerFrame, { op: Op }>) => boolean = () => true,
  ): Promise<Extract<ServerFrame, { op: Op }>> {
    for (;;) {
      const at = this.frames.findIndex((frame) => frame.op === op && wanted(frame as never));
      if (at >= 0) return this.frames.splice(0, at + 1).at(-1) as never;
      if (this.closed) throw new Error(`closed with ${this.closed.code} ${this.closed.reason} before ${op} came`);
      await this.change();
    }
  }

  /** Resolves when everything up to `done` is acknowledged. */
  acknowledged(done: number): Promise<Extract<Frame, { op: 'ACK' }>> {
    return this.next('ACK', (frame) => frame.done >= done);
  }

  async untilClosed(): Promise<Closed> {
    while (!this.closed) await this.change();
    return this.closed;
  }

  close(): void {
    this.socket.close(1000);
  }

  /** Cuts the connection as a lost network would. */
  cut(): void {
    this.socket.terminate();
  }
}
