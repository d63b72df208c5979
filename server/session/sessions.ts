/** All connections of this process: admission, takeover, the clock that drives them, and their end on shutdown. */

import { CLOSE_CODES } from '../../protocol/codes.ts';
import type { CreditBudget } from '../../protocol/credit/budget.ts';
import type { CreditWindow } from '../../protocol/credit/window.ts';
import type { Durability, Subscribe } from '../../protocol/frames.ts';
import { codecFor } from '../../protocol/wire.ts';
import type { LiveBus } from '../bus/port.ts';
import { isFeedName } from '../feeds/feed.ts';
import type { Access } from '../feeds/port.ts';
import type { Identity } from '../gateway/identity.ts';
import type { Socket, SocketListener } from '../gateway/socket.ts';
import { Arena } from '../ingest/arena.ts';
import { Connection, type ConnectionKeeper, type ConnectionParts } from './connection.ts';
import type { FeedsLink } from './feeds-link.ts';
import { dismiss, Opening, type OpeningParts } from './opening.ts';
import { ProducerTable } from './producers.ts';
import { Sample } from './sample.ts';
import { Takeover } from './takeover.ts';

const DUE_INTERVAL_MS = 5;
const SWEEP_INTERVAL_MS = 1_000;
/** Clients sent away are told to come back spread over this time. */
const SPREAD_MS = 2_000;

export interface SessionsParts extends Omit<OpeningParts, 'producers' | 'takeover'> {
  /** To the other processes; null where no other can have the log. */
  bus: LiveBus | null;
  /** Without it every subscription is refused. */
  feeds?: FeedsLink;
  lifetimeMs: number;
  /** This process, for announcements to the others. */
  process: string;
}

export class Sessions implements ConnectionKeeper {
  private readonly parts: SessionsParts;
  private readonly connectionParts: ConnectionParts;
  private readonly budget: CreditBudget;
  private readonly connections = new Set<Connection>();
  private readonly byWindow = new Map<CreditWindow, Connection>();
  private readonly dueSoon = new Set<Connection>();
  private readonly producers = new ProducerTable<Connection>();
  private readonly takeover: Takeover | null;
  private readonly opening: Opening;
  private dueTimer: NodeJS.Timeout | null = null;
  private readonly sweeper: NodeJS.Timeout;
  private durability: Durability;
  private whenEmpty: (() => void) | null = null;

  constructor(parts: SessionsParts) {
    this.parts = parts;
    const { ingest, limits, metrics, lifetimeMs } = parts;
    this.connectionParts = { ingest, limits, metrics, lifetimeMs, arena: new Arena(), sample: new Sample() };
    this.budget = parts.budget;
    this.durability = parts.durability();
    this.takeover = parts.bus && this.takeoverOver(parts.bus);
    this.opening = new Opening({ ...parts, producers: this.producers, takeover: this.takeover });
    this.takeover?.start();
    this.sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS);
  }

  private takeoverOver(bus: LiveBus): Takeover {
    return new Takeover(bus, this.parts.process, {
      current: (key) => this.producers.get(key)?.claim,
      lost: (key, winner) => {
        const rival = this.producers.get(key);
        if (rival) dismiss(rival.owner, rival.claim, winner);
      },
    });
  }

  /** Takes a socket, or sends it away if the budget has no room for it. */
  accept(socket: Socket): SocketListener {
    if (!this.budget.openSocket()) return this.turnAway(socket);
    const connection = new Connection(socket, this.connectionParts, this);
    this.connections.add(connection);
    return connection;
  }

  private turnAway(socket: Socket): SocketListener {
    const message = 'the server has no room for another connection';
    const goAway = { op: 'GOAWAY', code: 'overloaded', message, retryAfterMs: spread() } as const;
    socket.send(codecFor(socket.subprotocol).encode(goAway));
    socket.close(CLOSE_CODES.overloaded, message);
    return { message: () => {}, drained: () => {}, closed: () => {} };
  }

  hello(connection: Connection, frame: Parameters<Opening['hello']>[1]): void {
    this.opening.hello(connection, frame);
  }

  /** The connection is open; called by it so that its window can be found again. */
  opened(connection: Connection): void {
    const window = connection.session.publisher?.window;
    if (window) this.byWindow.set(window, connection);
  }

  auth(connection: Connection, token: string): void {
    const verified = this.parts.authenticator.verify(token);
    if (!verified.ok) return connection.end(verified.code, 'the token is not accepted');
    const { tenant, owner, expires } = verified.identity;
    if (tenant !== connection.identity?.tenant || owner !== connection.identity?.owner) {
      return connection.end('forbidden', 'the token is of another tenant or subject');
    }
    connection.identity = verified.identity;
    connection.session.send({ op: 'AUTHENTICATED', expires: expires ?? null });
    this.parts.feeds?.authorise(connection, accessOf(verified.identity));
  }

  subscribe(connection: Connection, frame: Subscribe): void {
    const { feeds } = this.parts;
    if (feeds) return feeds.subscribe(connection, frame, accessOf(connection.identity!));
    const known = isFeedName(frame.feed);
    connection.session.send({
      op: 'UNSUBSCRIBED',
      sub: frame.sub,
      code: known ? 'unavailable' : 'unknown_feed',
      message: known ? 'this server does not serve the feed' : 'there is no such feed',
    });
  }

  flow(connection: Connection, sub: number, limit: number): void {
    this.parts.feeds?.flow(connection, sub, limit);
  }

  unsubscribe(connection: Connection, sub: number): void {
    this.parts.feeds?.unsubscribe(connection, sub);
  }

  writable(connection: Connection): void {
    this.parts.feeds?.drained(connection);
  }

  due(connection: Connection): void {
    this.dueSoon.add(connection);
    this.dueTimer ??= setInterval(() => this.tickDue(), DUE_INTERVAL_MS);
  }

  private tickDue(): void {
    const now = performance.now();
    for (const connection of this.dueSoon) {
      const { session } = connection;
      if (session.deadline !== null && session.deadline <= now) session.tick(now);
      if (session.deadline === null) this.dueSoon.delete(connection);
    }
    if (this.dueSoon.size > 0 || this.dueTimer === null) return;
    clearInterval(this.dueTimer);
    this.dueTimer = null;
  }

  private sweep(): void {
    const now = performance.now();
    for (const connection of this.connections) connection.sweep(now);
    this.noticeDurability();
  }

  /** An ACK must never promise less than WELCOME said. */
  private noticeDurability(): void {
    const durability = this.parts.durability();
    if (durability === this.durability) return;
    const weaker = rank(durability) < rank(this.durability);
    this.parts.logger.warn({ before: this.durability, now: durability }, 'the durability of storage changed');
    this.durability = durability;
    if (weaker) this.endAll('the durability of storage fell');
  }

  /**
   * Told the pressure, each 100 ms, and how far consumers are behind, as a share of how far they may be: shrinks or widens the budget, serves
   * who is blocked, sends away who sits on unused credit.
   */
  adapt(pressure: number, seconds: number, behind = 0): void {
    this.budget.adapt(pressure, behind);
    this.parts.metrics.blocked(this.budget.waiting.size * seconds);
    const now = performance.now();
    for (const window of this.budget.waiting) this.byWindow.get(window)?.tick(now);
    for (const window of this.budget.serveWaiting()) this.byWindow.get(window)?.tick(now);
    this.feed(now);
    for (const window of this.budget.victims()) {
      this.byWindow.get(window)?.end('overloaded', 'the server needs the unused credit', spread());
    }
  }

  /** Who got too little does not soon ask again, and may have nothing under way that would remind of it. */
  private feed(now: number): void {
    for (const window of [...this.budget.starved]) {
      if (this.budget.rationed || this.budget.room() <= 0) return;
      this.byWindow.get(window)?.tick(now);
    }
  }

  closed(connection: Connection): void {
    this.budget.closeSocket();
    this.connections.delete(connection);
    this.parts.feeds?.closed(connection);
    this.dueSoon.delete(connection);
    const window = connection.session.publisher?.window;
    if (window) this.byWindow.delete(window);
    const { producerName } = connection;
    if (producerName !== null) this.producers.leave(producerName, connection, connection.unsettled > 0);
    if (this.connections.size === 0) this.whenEmpty?.();
  }

  drained(connection: Connection): void {
    if (connection.producerName !== null) this.producers.settled(connection.producerName, connection);
  }

  /** For the metrics. */
  count(): { publishers: number; subscribers: number; opening: number } {
    const count = { publishers: 0, subscribers: 0, opening: 0 };
    for (const { session } of this.connections) {
      if (session.state === 'hello' || session.state === 'opening') count.opening++;
      else if (session.publisher) count.publishers++;
      else count.subscribers++;
    }
    return count;
  }

  /** Wire bytes granted and not used, over all connections. */
  grantedBytes(): number {
    let granted = 0;
    for (const window of this.budget.windows) granted += window.unused;
    return granted;
  }

  private endAll(message: string): void {
    for (const connection of this.connections) connection.end('going_away', message, spread());
  }

  /** GOAWAY to everybody; resolves when all are gone. Each is closed when its events are settled, at the latest after ten seconds. */
  async drain(): Promise<void> {
    const empty = new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
    });
    this.endAll('the server is going down');
    if (this.connections.size > 0) await empty;
  }

  close(): void {
    clearInterval(this.sweeper);
    if (this.dueTimer) clearInterval(this.dueTimer);
    this.takeover?.close();
  }
}

function accessOf({ tenant, userId }: Identity): Access {
  return userId === undefined ? { tenant } : { tenant, userId };
}

function spread(): number {
  return Math.floor(Math.random() * SPREAD_MS);
}

function rank(durability: Durability): number {
  if (durability === 'memory') return 0;
  if (durability === 'os') return 1;
  if (durability === 'fsync') return 2;
  return 3 + Number(durability.slice('replicas:'.length));
}
