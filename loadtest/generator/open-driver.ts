/** Offers events at times that are fixed beforehand, whatever the answers; a stall is not hidden, because latency counts from those times. */
import type { LoadConnection } from './connection.ts';
import type { Driver } from './driver.ts';
import { LatencyRecorder } from './latency-recorder.ts';
import { Latencies } from './percentiles.ts';
import type { LoadPlan, OpenLoop } from './plan.ts';
import { type Arrival, arrivals } from './schedule.ts';
import { Times } from './times.ts';

/** What is due and not sent yet because credit is missing, and what is sent and not acknowledged, oldest first. */
interface Waiting {
  due: Times;
  onTheWay: Times;
}

/** At a finer grain timers cannot be had without burning a core. */
const TICK_MS = 1;

export class OpenDriver implements Driver {
  readonly latency = new LatencyRecorder();
  /** From the intended time to the moment the generator saw to it. */
  readonly lateness = new Latencies();
  offered = 0;
  unsent = 0;
  private readonly plan: LoadPlan;
  private readonly connections: readonly LoadConnection[];
  private readonly index: ReadonlyMap<LoadConnection, number>;
  private readonly waiting: Waiting[];
  private readonly schedule: Generator<Arrival, never>;
  private next: Arrival;
  private timer: NodeJS.Timeout | null = null;
  private startedAt = 0;

  constructor(plan: LoadPlan, loop: OpenLoop, connections: readonly LoadConnection[]) {
    this.plan = plan;
    this.connections = connections;
    this.index = new Map(connections.map((connection, i) => [connection, i]));
    this.waiting = connections.map(() => ({ due: new Times(), onTheWay: new Times() }));
    this.schedule = arrivals(loop.seed, loop.eventsPerSecond, connections.length, loop.skew);
    this.next = this.schedule.next().value;
  }

  start(): void {
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.offer(), TICK_MS);
  }

  measure(): void {
    this.latency.begin();
  }

  /** What is due and could not be sent is given up; it counts with the time that it has waited. */
  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.latency.end();
    const now = performance.now();
    for (const { due } of this.waiting) {
      this.unsent += due.length;
      due.take(due.length, (at) => this.latency.record(at, now));
    }
  }

  private offer(): void {
    const now = performance.now();
    for (; this.startedAt + this.next.atMs <= now; this.next = this.schedule.next().value) {
      const at = this.startedAt + this.next.atMs;
      this.offered++;
      if (this.latency.counts(at)) this.lateness.record(now - at);
      this.waiting[this.next.connection]!.due.push(at);
      this.push(this.next.connection);
    }
  }

  private push(index: number): void {
    const { due, onTheWay } = this.waiting[index]!;
    while (due.length > 0) {
      const sent = this.connections[index]!.send(Math.min(due.length, this.plan.eventsPerFrame));
      if (sent === 0) return;
      due.take(sent, (at) => onTheWay.push(at));
    }
  }

  progress(connection: LoadConnection, before: number): void {
    const index = this.index.get(connection)!;
    const now = performance.now();
    this.waiting[index]!.onTheWay.take(connection.acknowledged - before, (at) => this.latency.record(at, now));
    this.push(index);
  }
}
