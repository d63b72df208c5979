/** Sends as fast as it is acknowledged. */
import type { LoadConnection } from './connection.ts';
import type { Driver } from './driver.ts';
import { LatencyRecorder } from './latency-recorder.ts';
import type { LoadPlan } from './plan.ts';

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
