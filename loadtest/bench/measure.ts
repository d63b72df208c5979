/** One measurement: a contender is started, loaded, looked at, verified and taken away. */

import type { Contender, CpuByPart, Running, StartOptions } from '../contenders/contender.ts';
import type { LoadPlan, LoadReport } from '../generator/plan.ts';
import type { Samples } from '../harness/exposition.ts';
import { Load } from '../harness/load.ts';
import type { Verdict } from '../harness/verify.ts';

export type PlanWithoutTarget = Omit<LoadPlan, 'wire' | 'url' | 'producers'>;

export interface Measurement {
  contender: string;
  report: LoadReport;
  eventsPerSecond: number;
  eventsPerFrame: number;
  /** CPU microseconds of each part for one acknowledged event, the generator's too. */
  cpuMicros: CpuByPart;
  /** What the server says it spent on one event, by stage, in microseconds; empty where it says nothing. */
  stageMicros: Record<string, number>;
  verdict: Verdict;
}

interface Look {
  cpu: CpuByPart;
  metrics: Promise<Samples | null>;
}

export async function measure(
  contender: Contender,
  load: PlanWithoutTarget,
  options: StartOptions = {},
): Promise<Measurement> {
  const running = await contender.start(options);
  try {
    const plan: LoadPlan = { ...load, wire: running.wire, url: running.url, producers: 'load' };
    const looks: Look[] = [];
    const look = () => void looks.push(lookAt(running));
    const report = await new Load(plan, { measuring: look, measured: look }).report;
    const [before, after] = looks as [Look, Look];
    const events = Math.max(1, report.acknowledged);
    const micros = (spent: number) => (spent * 1e6) / events;
    const cpuMicros = Object.fromEntries(
      Object.entries(after.cpu).map(([part, spent]) => [part, micros(spent - (before.cpu[part] ?? 0))]),
    );
    const stages = await stageSeconds(before, after);
    return {
      contender: contender.name,
      report,
      eventsPerSecond: report.acknowledged / report.seconds,
      eventsPerFrame: report.acknowledged / Math.max(1, report.frames),
      cpuMicros: { ...cpuMicros, generator: micros(report.cpuSeconds) },
      stageMicros: Object.fromEntries(Object.entries(stages).map(([stage, spent]) => [stage, micros(spent)])),
      verdict: await running.verify(plan, report),
    };
  } finally {
    await running.stop();
  }
}

function lookAt(running: Running): Look {
  return { cpu: running.cpu(), metrics: running.metrics() };
}

async function stageSeconds(before: Look, after: Look): Promise<Record<string, number>> {
  const [then, now] = await Promise.all([before.metrics, after.metrics]);
  if (!then || !now) return {};
  const name = 'gapless_stage_seconds_total';
  const stages = Object.entries(now.family(name));
  return Object.fromEntries(stages.map(([stage, seconds]) => [stage, seconds - then.get(name, 'stage', stage)]));
}

/** Why a measurement counts for nothing; empty if it counts. */
export function invalid({ report, verdict }: Measurement): string[] {
  const unsettled = report.tallies.filter(({ sent, acknowledged }) => sent !== acknowledged).length;
  return [
    ...report.faults,
    ...(unsettled > 0 ? [`${unsettled} connections were not wholly acknowledged at the end`] : []),
    ...(verdict.ok ? [] : [`the log is not what was acknowledged: ${verdict.examples.join('; ')}`]),
  ];
}
