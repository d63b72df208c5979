/** Lets windows grow before anything is measured. */
import type { LoadConnection } from './connection.ts';
import type { Driver } from './driver.ts';
import type { LoadPlan } from './plan.ts';

/** So many grow at a time: enough to be quick, too few to press the server. */
const GROWING = 8;
const GROW_MOST_MS = 30_000;

/** Lets windows grow by using them up, a few connections at a time. */
export class GrowDriver implements Pick<Driver, 'progress'> {
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
}
