/**
 * More than a server can take: every connection is offered events evenly, so many a second, whether those before them went out or not. What it
 * may not send yet waits in an outbox of fixed size; what finds that full is not sent at all, as a player drops its newest event.
 */
import type { LoadConnection } from './connection.ts';
import type { Driver } from './driver.ts';
import { LatencyRecorder } from './latency-recorder.ts';
import type { Flood } from './plan.ts';

const TICK_MS = 2;
/** After so many ticks a connection that takes nothing is asked again: who has no credit at all hears nothing, and must say so again. */
const ASK_AGAIN = 1_000 / TICK_MS;

export class FloodDriver implements Driver {
  /** One frame of a connection is not timed among so many; what others notice of them is. */
  readonly latency = new LatencyRecorder();
  /** All that were offered, and those that found an outbox full. */
  offered = 0;
  unsent = 0;
  private readonly loop: Flood;
  private readonly eventsPerFrame: number;
  private readonly connections: readonly LoadConnection[];
  /** Events that each connection has waiting. */
  private readonly waiting: Float64Array;
  private readonly index: ReadonlyMap<LoadConnection, number>;
  /** Ticks until a connection is asked again that took nothing and has not heard anything since. */
  private readonly refused: Uint16Array;
  private timer: NodeJS.Timeout | null = null;
  private lastAt = 0;

  constructor(loop: Flood, eventsPerFrame: number, connections: readonly LoadConnection[]) {
    this.loop = loop;
    this.eventsPerFrame = eventsPerFrame;
    this.connections = connections;
    this.waiting = new Float64Array(connections.length);
    this.refused = new Uint16Array(connections.length);
    this.index = new Map(connections.map((connection, i) => [connection, i]));
  }

  start(): void {
    this.lastAt = performance.now();
    this.timer = setInterval(() => this.tick(performance.now()), TICK_MS);
  }

  /** What waits is let go. */
  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.waiting.fill(0);
  }

  measure(): void {
    this.unsent = 0;
  }

  /** Offers what is due at `now`, ms. */
  tick(now: number): void {
    const due = (((now - this.lastAt) / 1000) * this.loop.eventsPerSecond) / this.connections.length;
    this.lastAt = now;
    for (let i = 0; i < this.connections.length; i++) {
      const after = this.waiting[i]! + due;
      this.waiting[i] = Math.min(after, this.loop.outboxEvents);
      this.unsent += after - this.waiting[i]!;
      this.offered += due;
      if (this.refused[i]! > 0) this.refused[i]!--;
      else this.push(i);
    }
  }

  /** Whole frames only: there is always more to come. */
  private push(i: number): void {
    while (this.waiting[i]! >= this.eventsPerFrame) {
      const sent = this.connections[i]!.send(this.eventsPerFrame);
      if (sent === 0) {
        this.refused[i] = ASK_AGAIN;
        return;
      }
      this.waiting[i] = this.waiting[i]! - sent;
    }
  }

  progress(connection: LoadConnection): void {
    const i = this.index.get(connection)!;
    this.refused[i] = 0;
    this.push(i);
  }
}
