/** Looks at the server once a second: what it says of itself, and what Linux says of its process. */
import type { Running } from '../contenders/contender.ts';
import type { Samples } from '../harness/exposition.ts';
import { cpuSeconds, residentBytes } from '../harness/proc.ts';
import type { Sample } from '../report/record.ts';
import type { Timeline } from './timeline.ts';

export class Sampler {
  private readonly running: Running;
  private readonly timeline: Timeline;
  private timer: NodeJS.Timeout | null = null;
  private before: { pid: number; at: number; cpu: number } | null = null;
  private asking = false;

  constructor(running: Running, timeline: Timeline) {
    this.running = running;
    this.timeline = timeline;
  }

  start(): void {
    this.processFigures();
    this.schedule();
  }

  private schedule(): void {
    const at = Math.floor(this.timeline.now) + 1;
    const inMs = (at - this.timeline.now) * 1000;
    this.timer = setTimeout(() => {
      this.timeline.look(at, this.processFigures());
      void this.ask(at);
      this.schedule();
    }, inMs);
  }

  private async ask(at: number): Promise<void> {
    // One that does not answer is not asked again until it does.
    if (this.asking) return;
    this.asking = true;
    try {
      const metrics = await this.running.metrics();
      if (metrics) this.timeline.look(at, serverFigures(metrics));
    } catch {
      // It is busy, stopped or gone, and that second has no figures.
    } finally {
      this.asking = false;
    }
  }

  private processFigures(): Partial<Sample> {
    const pid = this.running.server?.pid;
    if (pid === undefined) return {};
    try {
      const now = { pid, at: performance.now(), cpu: cpuSeconds(pid).total };
      const { before } = this;
      this.before = now;
      const resident = { residentBytes: residentBytes(pid) };
      if (before?.pid !== pid) return resident;
      return { ...resident, cores: ((now.cpu - before.cpu) / (now.at - before.at)) * 1000 };
    } catch {
      this.before = null;
      return {};
    }
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
  }
}

function serverFigures(metrics: Samples): Partial<Sample> {
  const connections = metrics.family('gapless_connections');
  const lag = Object.values(metrics.family('gapless_processor_lag_events'));
  return {
    creditBytes: metrics.get('gapless_credit_granted_bytes') + metrics.get('gapless_credit_outstanding_bytes'),
    creditBudgetBytes: metrics.get('gapless_credit_budget_bytes'),
    pressure: metrics.get('gapless_pressure'),
    connections: total(Object.values(connections)),
    ...(lag.length > 0 && { lagEvents: total(lag) }),
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
