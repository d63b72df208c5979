/** Measures the pressure every 100 ms and tells it to the sessions and the metrics. */
import type { CreditBudget } from '../../protocol/credit/budget.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { createEventLoopMeter } from '../ops/event-loop.ts';
import type { Metrics } from '../ops/metrics.ts';
import { ownMemory } from '../ops/own-memory.ts';
import { type PressureParts, type PressureSettings, pressureOf, pressureParts } from './pressure.ts';
import type { Sessions } from './sessions.ts';

const INTERVAL_MS = 100;
const RESIDENT_EVERY = 10;

export interface PressureMonitorParts extends PressureSettings {
  ingest: Ingest;
  sessions: Sessions;
  budget: CreditBudget;
  metrics: Metrics;
  /** 0: no limit. */
  residentLimit: number;
  /** Events that consumers are behind; and from how many on that is full pressure, 0: it does not count. */
  lag(): number;
  lagLimit: number;
}

export class PressureMonitor {
  private readonly parts: PressureMonitorParts;
  private readonly loop = createEventLoopMeter();
  private readonly timer: NodeJS.Timeout;
  private samples = 0;
  private residentBytes = 0;
  /** The last sample. */
  latest: { level: number; parts: Record<string, number> } = { level: 0, parts: {} };

  constructor(parts: PressureMonitorParts) {
    this.parts = parts;
    this.timer = setInterval(() => this.sample(), INTERVAL_MS);
  }

  private sample(): void {
    const { sessions, metrics } = this.parts;
    const parts = this.measure();
    const level = pressureOf(parts);
    this.latest = { level, parts };
    metrics.pressure(level, parts);
    // How far consumers are behind has a rule of its own.
    const { lag, ...others } = parts;
    sessions.adapt(pressureOf(others), INTERVAL_MS / 1000, lag);
  }

  private measure(): PressureParts {
    const { ingest, budget, residentLimit, sessions, lag, lagLimit } = this.parts;
    const oldestAppend = ingest.oldestAppend();
    if (oldestAppend === 0) ingest.storageLatency.rest();
    const { short, long } = ingest.storageLatency;
    return pressureParts(
      {
        storageShort: short,
        storageLong: long,
        oldestAppend,
        loopDelay: this.loop.read().max,
        waitingBytes: ingest.waitingBytes,
        unsettledBytes: budget.outstanding - sessions.grantedBytes(),
        budgetBytes: budget.settings.capacity,
        residentBytes: this.resident(),
        residentLimit,
        consumerLag: lagLimit > 0 ? lag() : 0,
        consumerLagLimit: lagLimit,
      },
      this.parts,
    );
  }

  /** Asking the system costs, and memory moves slowly. */
  private resident(): number {
    if (this.samples++ % RESIDENT_EVERY === 0) this.residentBytes = ownMemory();
    return this.residentBytes;
  }

  close(): void {
    clearInterval(this.timer);
    this.loop.close();
  }
}
