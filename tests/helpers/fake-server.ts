/**
 * A server on loopback that does only what a test tells it to: the peer for protocol faults. `FakeServer` accepts WebSockets, `FakePeer` is one
 * of them; its `next` waits for what the client sends. `serve` makes a peer behave like an honest server with a window.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type {
  ClientFrame,
  Hello,
  Publish,
  PublishTerms,
  Rejection,
  ServerFrame,
  Subscribe,
} from '../../protocol/frames.ts';
import { type Codec, codecFor, SUBPROTOCOLS, type Subprotocol } from '../../protocol/wire.ts';
import { decodeEvents } from './decode-events.ts';
import { Inbox } from './inbox.ts';

export interface FakeServerOptions {
  port?: number;
  /** Decides about upgrades: false answers 503. */
  accept?: () => boolean;
}

export class FakeServer {
  readonly peers: FakePeer[] = [];
  readonly port: number;
  readonly #opened = new Inbox<FakePeer>();
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      const peer = new FakePeer(socket, codecFor(socket.protocol as Subprotocol));
      this.peers.push(peer);
      this.#opened.put(peer);
    });
  }

  static async start({ port = 0, accept = () => true }: FakeServerOptions = {}): Promise<FakeServer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port,
      path: '/v1/stream',
      handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
      verifyClient: (_info, answer) => answer(accept(), 503),
    });
    await once(server, 'listening');
    return new FakeServer(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The next connection, once it is open. */
  peer(): Promise<FakePeer> {
    return this.#opened.take();
  }

  /** The next connection, past HELLO and a WELCOME without the terms of publishing. */
  async welcomedReader(authExpires?: number): Promise<FakePeer> {
    const peer = await this.peer();
    await peer.welcomeReader(authExpires);
    return peer;
  }

  /** The next connection, past HELLO and WELCOME. */
  async welcomed(terms: Partial<PublishTerms> = {}): Promise<FakePeer> {
    const peer = await this.peer();
    await peer.welcome(terms);
    return peer;
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export class FakePeer {
  hello: Hello | null = null;
  /** Events of all PUBLISH frames so far, by number. */
  readonly events = new Map<number, unknown>();
  /** The client's close code. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #codec: Codec;
  readonly #inbox = new Inbox<ClientFrame>();
  #handler: ((frame: ClientFrame) => void) | null = null;

  constructor(socket: WebSocket, codec: Codec) {
    this.#socket = socket;
    this.#codec = codec;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data: Buffer) => this.#receive(codec.decodeClient(data)));
    socket.on('error', () => undefined);
  }

  #receive(frame: ClientFrame): void {
    if (frame.op === 'PUBLISH') {
      // The bytes are a view that dies with the message.
      decodeEvents(frame).forEach((event, i) => {
        this.events.set(frame.first + i, event);
      });
    }
    if (this.#handler) this.#handler(frame);
    else this.#inbox.put(frame);
  }

  /** The next frame that the client sent; fails if it is another one. */
  async next<Op extends ClientFrame['op']>(op: Op): Promise<Extract<ClientFrame, { op: Op }>> {
    const frame = await this.#inbox.take();
    if (frame.op !== op) throw new Error(`expected ${op}, got ${frame.op}`);
    return frame as Extract<ClientFrame, { op: Op }>;
  }

  /** The next PUBLISH, as its numbers. */
  async published(): Promise<[first: number, last: number]> {
    const { first, count } = await this.next('PUBLISH');
    return [first, first + count - 1];
  }

  send(frame: ServerFrame): void {
    this.#socket.send(this.#codec.encode(frame));
  }

  sendRaw(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** Takes HELLO and answers it. */
  async welcome(terms: Partial<PublishTerms> = {}): Promise<Hello> {
    const hello = await this.next('HELLO');
    this.hello = hello;
    const done = hello.done ?? 0;
    const who = { producer: hello.producer!, epoch: hello.epoch!, done, limit: (terms.done ?? done) + 1024 };
    const limits = { limitBytes: 1_000_000, maxFrameBytes: 16_384, maxFrameEvents: 256, maxEventBytes: 8192 };
    const rest = { durability: 'fsync', dedupMs: 1, maxAgeMs: 0 } as const;
    this.send({ op: 'WELCOME', session: 's', serverTime: Date.now(), terms: { ...who, ...limits, ...rest, ...terms } });
    return hello;
  }

  /** Takes the HELLO of a client that only subscribes. */
  async welcomeReader(authExpires?: number): Promise<Hello> {
    const hello = await this.next('HELLO');
    this.hello = hello;
    this.send({ op: 'WELCOME', session: 's', serverTime: Date.now(), authExpires });
    return hello;
  }

  /** Takes SUBSCRIBE and answers it. */
  async subscribed(offset = '0', recovered?: boolean): Promise<Subscribe> {
    const frame = await this.next('SUBSCRIBE');
    this.send({ op: 'SUBSCRIBED', sub: frame.sub, position: { epoch: 'e', offset, recovered } });
    return frame;
  }

  data(sub: number, offset: string, ...items: unknown[]): void {
    this.send({ op: 'DATA', sub, offset, items });
  }

  ack(done: number, limit = done + 1024, limitBytes = 1_000_000_000, level = 0): void {
    this.send({ op: 'ACK', done, limit, limitBytes, level });
  }

  reject(...rejections: Rejection[]): void {
    this.send({ op: 'REJECTED', rejections });
  }

  goAway(code: 'going_away' | 'overloaded' | 'fenced' = 'going_away', retryAfterMs = 0, epoch?: number): void {
    this.send({ op: 'GOAWAY', code, message: 'told to', retryAfterMs, ...(epoch !== undefined && { epoch }) });
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** Ends it without a close frame: the client sees 1006. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Does not read any more. */
  freeze(): void {
    this.#socket.pause();
  }

  /** From here on acknowledges every PUBLISH at once. `onPublish` sees each before. */
  serve(onPublish: (frame: Publish) => void = () => undefined): void {
    const handle = (frame: ClientFrame): void => {
      if (frame.op !== 'PUBLISH') return;
      onPublish(frame);
      this.ack(frame.first + frame.count - 1);
    };
    this.#handler = handle;
    for (const frame of this.#inbox.drain()) handle(frame);
  }
}
