/** Sockets between the SDK and a server's sessions on virtual time: ordered, delayed, and cut at any moment. */
import type { WebSocketConstructor, WebSocketLike } from '../../client/types.ts';
import type { Message } from '../../protocol/codec.ts';
import { chooseSubprotocol } from '../../protocol/wire.ts';
import type { AcceptSocket, Socket, SocketListener } from '../../server/gateway/socket.ts';
import type { Random } from './random.ts';

const LOST = 1006;

/** One direction: what is sent arrives in order, each after a random delay. */
class Pipe {
  private readonly random: Random;
  private free = 0;
  private cut = false;

  constructor(random: Random) {
    this.random = random;
  }

  carry(deliver: () => void): void {
    const now = performance.now();
    this.free = Math.max(this.free, now + this.random.between(1, 25));
    setTimeout(() => this.cut || deliver(), this.free - now);
  }

  close(): void {
    this.cut = true;
  }
}

/** One connection with both its ends. */
export class Link {
  readonly up: Pipe;
  readonly down: Pipe;
  listener: SocketListener | null = null;
  client: FakeSocket | null = null;
  readonly server: number;
  serverOpen = true;
  clientOpen = true;

  constructor(random: Random, server: number) {
    this.server = server;
    this.up = new Pipe(random);
    this.down = new Pipe(random);
  }

  /** The connection breaks: what is under way is lost, both ends notice sooner or later. */
  break(random: Pick<Random, 'between'>): void {
    this.up.close();
    this.down.close();
    setTimeout(() => this.closeServer(LOST), random.between(0, 500));
    setTimeout(() => this.closeClient(LOST, ''), random.between(0, 500));
  }

  closeServer(code: number): void {
    if (!this.serverOpen) return;
    this.serverOpen = false;
    this.listener?.closed(code);
  }

  closeClient(code: number, reason: string): void {
    if (!this.clientOpen) return;
    this.clientOpen = false;
    this.client?.onclose?.({ code, reason });
  }
}

let sockets = 0;

export class Network {
  readonly links = new Set<Link>();
  private readonly random: Random;
  /** The servers' doors; null while a process is down. */
  readonly doors: (AcceptSocket | null)[];

  constructor(random: Random, servers: number) {
    this.random = random;
    this.doors = Array(servers).fill(null);
  }

  /** A WebSocket class that connects to a random server. */
  get WebSocket(): WebSocketConstructor {
    const network = this;
    return class extends FakeSocket {
      constructor(_url: string, protocols: string[]) {
        super(protocols);
        network.connect(this);
      }
    };
  }

  private connect(client: FakeSocket): void {
    const server = this.random.between(0, this.doors.length - 1);
    const link = new Link(this.random, server);
    this.links.add(link);
    client.link = link;
    link.client = client;
    link.up.carry(() => {
      const accept = this.doors[server];
      if (!accept) return link.closeClient(LOST, '');
      client.protocol = chooseSubprotocol(client.offered)!;
      link.down.carry(() => client.onopen?.({}));
      link.listener = accept(this.serverEnd(link, client));
    });
  }

  private serverEnd(link: Link, client: FakeSocket): Socket {
    return {
      id: `socket-${++sockets}`,
      subprotocol: chooseSubprotocol(client.offered)!,
      userAgent: 'model',
      send(message) {
        if (!link.serverOpen) return 'failed';
        const copy = copyOf(message);
        link.down.carry(() => link.clientOpen && client.onmessage?.({ data: copy }));
        return 'sent';
      },
      buffered: () => 0,
      close(code, reason) {
        link.down.carry(() => link.closeClient(code, reason));
        setTimeout(() => link.closeServer(code), 1);
      },
      terminate: () => link.break({ between: () => 0 }),
    };
  }

  /** Cuts one connection. */
  cutOne(): void {
    const open = [...this.links].filter(({ clientOpen, serverOpen }) => clientOpen && serverOpen);
    if (open.length > 0) this.random.pick(open).break(this.random);
  }

  /** A process died: all its connections are cut, and there is nobody left there to be told. */
  kill(server: number): void {
    this.doors[server] = null;
    for (const link of this.links) {
      if (link.server !== server) continue;
      link.serverOpen = false;
      link.break(this.random);
    }
  }
}

class FakeSocket implements WebSocketLike {
  binaryType = 'arraybuffer';
  readonly bufferedAmount = 0;
  protocol = '';
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  link: Link | null = null;
  readonly offered: string[];

  constructor(protocols: string[]) {
    this.offered = protocols;
  }

  send(data: Uint8Array | string): void {
    const { link } = this;
    if (!link?.clientOpen) return;
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : Uint8Array.from(data);
    link.up.carry(() => link.serverOpen && link.listener?.message(bytes, typeof data !== 'string'));
  }

  close(code = 1000): void {
    const { link } = this;
    link?.up.carry(() => link.closeServer(code));
    link?.closeClient(code, '');
  }
}

function copyOf(message: Message): string | ArrayBuffer {
  return typeof message === 'string' ? message : (Uint8Array.from(message).buffer as ArrayBuffer);
}
