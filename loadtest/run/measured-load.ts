/** A load, with what it costs whom: looks at the contender when the measured time begins and when it ends. */
import type { CpuByPart, Running } from '../contenders/contender.ts';
import type { LoadPlan, LoadReport } from '../generator/plan.ts';
import type { Samples } from '../harness/exposition.ts';
import { Load, type LoadEvents, type LoadOptions, type Moment } from '../harness/load.ts';
import type { Phase } from '../report/record.ts';

/** Microseconds for one acknowledged event. */
export interface Costs {
  /** CPU of each part, the generator's too. */
  cpuMicros: CpuByPart;
  /** What the server says it spent, by stage; empty where it says nothing. */
  stageMicros: Record<string, number>;
}

interface Look {
  cpu: CpuByPart;
  metrics: Promise<Samples | null>;
}

export class MeasuredLoad {
  readonly report: Promise<LoadReport>;
  private readonly load: Load;
  private readonly running: Running;
  private readonly looks: Look[] = [];

  constructor(running: Running, plan: LoadPlan, events: LoadEvents = {}, options: LoadOptions = {}) {
    this.running = running;
    const looking = (then: 'measuring' | 'measured') => () => {
      this.look();
      events[then]?.();
    };
    const own = { measuring: looking('measuring'), measured: looking('measured') };
    this.load = new Load(plan, { ...events, ...own }, options);
    this.report = this.load.report;
  }

  reached(moment: Moment): Promise<void> {
    return this.load.reached(moment);
  }

  stop(): void {
    this.load.stop();
  }

  go(): void {
    this.load.go();
  }

  private look(): void {
    // A scenario may have ended the server; then there is nothing to see.
    const metrics = this.running.metrics().catch(() => null);
    let cpu: CpuByPart = {};
    try {
      cpu = this.running.cpu();
    } catch {}
    this.looks.push({ cpu, metrics });
  }

  async costs(): Promise<Costs> {
    const { acknowledged, cpuSeconds } = await this.report;
    const [before, after] = this.looks as [Look, Look];
    const micros = (spent: number) => (spent * 1e6) / Math.max(1, acknowledged);
    const parts = Object.entries(after.cpu).map(([part, spent]) => [part, micros(spent - (before.cpu[part] ?? 0))]);
    const stages = Object.entries(await stageSeconds(before, after)).map(([stage, spent]) => [stage, micros(spent)]);
    return {
      cpuMicros: { ...Object.fromEntries(parts), generator: micros(cpuSeconds) },
      stageMicros: Object.fromEntries(stages),
    };
  }

  /** The measured time as a phase of a record. */
  async phase(name: string): Promise<Phase> {
    const { from, seconds, acknowledged, offered, latency, lateness, cores } = await this.report;
    const { cpuMicros } = await this.costs();
    return {
      name,
      from,
      seconds,
      ...(offered !== undefined && { offeredPerSecond: offered / seconds }),
      perSecond: acknowledged / seconds,
      latency,
      lateness,
      generatorCores: cores,
      cpuMicros,
    };
  }
}

async function stageSeconds(before: Look, after: Look): Promise<Record<string, number>> {
  const [then, now] = await Promise.all([before.metrics, after.metrics]);
  if (!then || !now) return {};
  const name = 'gapless_stage_seconds_total';
  const stages = Object.entries(now.family(name));
  return Object.fromEntries(stages.map(([stage, seconds]) => [stage, seconds - then.get(name, 'stage', stage)]));
}
