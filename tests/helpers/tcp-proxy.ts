/** A TCP proxy that does to a connection what networks do: delay it, let it fall silent, cut it in the middle of an answer, reset it. */
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** `requests` go to the server, `replies` come from it. */
export type Direction = 'requests' | 'replies';

interface Link {
  client: Socket;
  server: Socket;
  /** Reply bytes that may still pass before the link is cut; null while nothing is to be cut. */
  cutAfter: number | null;
}

interface Cut {
  /** Text that a request must contain for the cut to begin. */
  request: string;
  bytes: number;
  done: () => void;
}

export class TcpProxy {
  private readonly server: Server;
  private readonly target: { host: string; port: number };
  private readonly links = new Set<Link>();
  private readonly stalled = new Set<Direction>();
  private cut: Cut | null = null;
  private delayMs = 0;

  constructor(server: Server, target: { host: string; port: number }) {
    this.server = server;
    this.target = target;
    server.on('connection', (client) => this.accept(client));
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.links.size;
  }

  /** Every chunk, both ways, arrives this much later; 0 ends it. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Nothing passes in this direction any more, and nobody is told: a black hole. New connections fall into it as well. */
  stall(direction: Direction): void {
    this.stalled.add(direction);
    for (const link of this.links) this.source(link, direction).pause();
  }

  /** What was held up arrives, in order. */
  resume(): void {
    const directions = [...this.stalled];
    this.stalled.clear();
    for (const link of this.links) for (const direction of directions) this.source(link, direction).resume();
  }

  /**
   * Once: when a request that contains `request` has passed, lets so many bytes of replies through on its connection and cuts it.
   * The server has then done what was asked, and the client does not know. Resolves when it has happened.
   */
  cutReply(request: string, bytes = 0): Promise<void> {
    return new Promise((done) => {
      this.cut = { request, bytes, done };
    });
  }

  /** Resets every connection. */
  reset(): void {
    for (const link of this.links) {
      link.client.resetAndDestroy();
      link.server.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.server.close();
    this.reset();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    const server = createConnection(this.target);
    const link: Link = { client, server, cutAfter: null };
    this.links.add(link);
    const end = (): void => {
      this.links.delete(link);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk) => this.request(link, chunk));
    server.on('data', (chunk) => this.reply(link, chunk));
    for (const direction of this.stalled) this.source(link, direction).pause();
  }

  private source(link: Link, direction: Direction): Socket {
    return direction === 'requests' ? link.client : link.server;
  }

  private request(link: Link, chunk: Buffer): void {
    if (this.cut && chunk.includes(this.cut.request)) link.cutAfter = this.cut.bytes;
    this.pass(link.server, chunk);
  }

  private reply(link: Link, chunk: Buffer): void {
    if (link.cutAfter === null) return this.pass(link.client, chunk);
    const part = chunk.subarray(0, link.cutAfter);
    link.cutAfter -= part.length;
    if (part.length > 0) link.client.write(part);
    if (part.length === chunk.length) return;
    link.client.resetAndDestroy();
    link.server.destroy();
    this.cut?.done();
    this.cut = null;
  }

  private pass(to: Socket, chunk: Buffer): void {
    if (this.delayMs === 0) return void to.write(chunk);
    setTimeout(() => {
      if (!to.destroyed) to.write(chunk);
    }, this.delayMs);
  }
}

export async function startProxy(port: number, host = '127.0.0.1'): Promise<TcpProxy> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new TcpProxy(server, { host, port });
}
