/** Tells what a generator did in each second of the run's clock, which all processes share. */

import type { ClosedDriver } from './closed-driver.ts';
import type { LoadConnection } from './connection.ts';
import type { FloodDriver } from './flood-driver.ts';
import type { OpenDriver } from './open-driver.ts';
import type { ShardSecond } from './plan.ts';

export class Seconds {
  private readonly originMs: number;
  private readonly connections: readonly LoadConnection[];
  private readonly driver: ClosedDriver | OpenDriver | FloodDriver;
  private readonly tell: (second: ShardSecond) => void;
  private timer: NodeJS.Timeout | null = null;
  private at = 0;
  private acknowledged: number;
  private offered = 0;

  constructor(
    originMs: number,
    connections: readonly LoadConnection[],
    driver: ClosedDriver | OpenDriver | FloodDriver,
    tell: (second: ShardSecond) => void,
  ) {
    this.originMs = originMs;
    this.connections = connections;
    this.driver = driver;
    this.tell = tell;
    this.acknowledged = this.countAcknowledged();
    this.schedule();
  }

  private schedule(): void {
    this.at = Math.max(this.at + 1, Math.floor((Date.now() - this.originMs) / 1000) + 1);
    this.timer = setTimeout(
      () => {
        this.take();
        this.schedule();
      },
      this.originMs + this.at * 1000 - Date.now(),
    );
  }

  private take(): void {
    const { acknowledged, offered, driver } = this;
    this.acknowledged = this.countAcknowledged();
    const second: ShardSecond = { at: this.at, acknowledged: this.acknowledged - acknowledged };
    if ('offered' in driver) {
      this.offered = driver.offered;
      second.offered = this.offered - offered;
    }
    this.tell({ ...second, latency: driver.latency.takeSecond() });
  }

  private countAcknowledged(): number {
    return this.connections.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** Tells of the second that has begun. */
  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.take();
  }
}
