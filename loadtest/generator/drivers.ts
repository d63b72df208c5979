/** What makes connections send: as fast as they are acknowledged, or at times that are fixed beforehand. */
import type { LoadConnection } from './connection.ts';
import { Latencies } from './percentiles.ts';
import type { LoadPlan, OpenLoop } from './plan.ts';
import { type Arrival, arrivals } from './schedule.ts';

export interface Driver {
  /** All connections are open. */
  start(): void;
  /** No more is offered. */
  stop(): void;
  progress(connection: LoadConnection, before: number): void;
  /** What arrives from now on counts. */
  measure(): void;
}

export class ClosedDriver implements Driver {
  private readonly plan: LoadPlan;
  private readonly connections: readonly LoadConnection[];
  private running = false;
  private prod: NodeJS.Timeout | null = null;

  constructor(plan: LoadPlan, connections: readonly LoadConnection[]) {
    this.plan = plan;
    this.connections = connections;
  }

  start(): void {
    this.running = true;
    for (const connection of this.connections) this.progress(connection);
    // Who was given no credit at all hears nothing that would wake it, and must say so again.
    this.prod = setInterval(() => {
      for (const connection of this.connections) this.progress(connection);
    }, 1_000);
  }

  stop(): void {
    this.running = false;
    if (this.prod) clearInterval(this.prod);
  }

  measure(): void {}

  progress(connection: LoadConnection): void {
    while (this.running && connection.send(this.plan.eventsPerFrame) > 0);
  }
}

/** So many grow at a time: enough to be quick, too few to press the server. */
const GROWING = 8;
const GROW_MOST_MS = 30_000;

/** Lets windows grow by using them up, a few connections at a time. */
export class GrowDriver implements Driver {
  private readonly connections: readonly LoadConnection[];
  private readonly eventsPerFrame: number;
  private readonly growing = new Set<LoadConnection>();
  private begun = 0;
  private over = (): void => undefined;

  constructor(plan: LoadPlan, connections: readonly LoadConnection[]) {
    this.connections = connections;
    this.eventsPerFrame = plan.eventsPerFrame;
  }

  /** Resolves when all have grown and are settled, or when that takes too long. */
  async grow(): Promise<void> {
    const end = new Promise<void>((resolve) => {
      this.over = resolve;
    });
    const timer = setTimeout(this.over, GROW_MOST_MS);
    for (let i = 0; i < GROWING; i++) this.begin();
    await end;
    clearTimeout(timer);
  }

  private begin(): void {
    const next = this.connections[this.begun++];
    if (next) {
      this.growing.add(next);
      this.progress(next);
    } else if (this.growing.size === 0) this.over();
  }

  progress(connection: LoadConnection): void {
    if (!this.growing.has(connection)) return;
    if (!connection.grown) while (connection.send(this.eventsPerFrame) > 0);
    else if (connection.sent === connection.acknowledged) {
      this.growing.delete(connection);
      this.begin();
    }
  }

  start(): void {}
  stop(): void {}
  measure(): void {}
}

/** What is due and not sent yet because credit is missing, and what is sent and not acknowledged, oldest first. */
interface Waiting {
  due: number[];
  onTheWay: number[];
}

/** At a finer grain timers cannot be had without burning a core. */
const TICK_MS = 1;

export class OpenDriver implements Driver {
  readonly latency = new Latencies();
  /** From the intended time to the moment the generator saw to it. */
  readonly lateness = new Latencies();
  private readonly plan: LoadPlan;
  private readonly connections: readonly LoadConnection[];
  private readonly index: ReadonlyMap<LoadConnection, number>;
  private readonly waiting: Waiting[];
  private readonly schedule: Generator<Arrival, never>;
  private next: Arrival;
  private timer: NodeJS.Timeout | null = null;
  private startedAt = 0;
  private countFrom = Number.POSITIVE_INFINITY;

  constructor(plan: LoadPlan, loop: OpenLoop, connections: readonly LoadConnection[]) {
    this.plan = plan;
    this.connections = connections;
    this.index = new Map(connections.map((connection, i) => [connection, i]));
    this.waiting = connections.map(() => ({ due: [], onTheWay: [] }));
    this.schedule = arrivals(loop.seed, loop.eventsPerSecond, connections.length);
    this.next = this.schedule.next().value;
  }

  start(): void {
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.offer(), TICK_MS);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.countFrom = Number.POSITIVE_INFINITY;
  }

  measure(): void {
    this.countFrom = performance.now();
  }

  private offer(): void {
    const now = performance.now();
    for (; this.startedAt + this.next.atMs <= now; this.next = this.schedule.next().value) {
      const at = this.startedAt + this.next.atMs;
      if (at >= this.countFrom) this.lateness.record(now - at);
      this.waiting[this.next.connection]!.due.push(at);
      this.push(this.next.connection);
    }
  }

  private push(index: number): void {
    const { due, onTheWay } = this.waiting[index]!;
    while (due.length > 0) {
      const sent = this.connections[index]!.send(Math.min(due.length, this.plan.eventsPerFrame));
      if (sent === 0) return;
      for (const at of due.splice(0, sent)) onTheWay.push(at);
    }
  }

  progress(connection: LoadConnection, before: number): void {
    const index = this.index.get(connection)!;
    const now = performance.now();
    const settled = this.waiting[index]!.onTheWay.splice(0, connection.acknowledged - before);
    for (const at of settled) if (at >= this.countFrom) this.latency.record(now - at);
    this.push(index);
  }
}
