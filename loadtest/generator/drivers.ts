/** What makes connections send: as fast as they are acknowledged, or until their windows have grown. */
import type { LoadConnection } from './connection.ts';
import { LatencyRecorder } from './latency-recorder.ts';
import type { LoadPlan } from './plan.ts';

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
  readonly latency = new LatencyRecorder();
  /** Of each connection the one frame that is timed: the number of its last event, and when it was sent. */
  private readonly timed: Map<LoadConnection, { upTo: number; at: number }>;
  private running = false;
  private prod: NodeJS.Timeout | null = null;

  constructor(plan: LoadPlan, connections: readonly LoadConnection[]) {
    this.plan = plan;
    this.connections = connections;
    this.timed = new Map(connections.map((connection) => [connection, { upTo: 0, at: 0 }]));
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
    this.latency.end();
  }

  measure(): void {
    this.latency.begin();
  }

  progress(connection: LoadConnection): void {
    const timed = this.timed.get(connection)!;
    if (timed.upTo > 0 && connection.acknowledged >= timed.upTo) {
      this.latency.record(timed.at, performance.now());
      timed.upTo = 0;
    }
    while (this.running && connection.send(this.plan.eventsPerFrame) > 0) {
      if (timed.upTo > 0) continue;
      timed.upTo = connection.sent;
      timed.at = performance.now();
    }
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
