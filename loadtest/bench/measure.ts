/** One measurement: a contender is started, loaded, looked at, verified and taken away. */

import type { Contender, StartOptions } from '../contenders/contender.ts';
import type { LoadPlan, LoadReport } from '../generator/plan.ts';
import { whyUnsettled } from '../harness/unsettled.ts';
import type { Verdict } from '../harness/verify.ts';
import { whyNotCounted } from '../report/record.ts';
import { whyLimited } from '../run/limited.ts';
import { type Costs, MeasuredLoad } from '../run/measured-load.ts';

export type PlanWithoutTarget = Omit<LoadPlan, 'wire' | 'url' | 'producers'>;

export interface Measurement extends Costs {
  contender: string;
  report: LoadReport;
  eventsPerSecond: number;
  eventsPerFrame: number;
  /** How the generator was the bottleneck, so that the run says nothing of the contender. */
  limited: string[];
  /** Null where nothing is stored. */
  verdict: Verdict | null;
}

export async function measure(
  contender: Contender,
  load: PlanWithoutTarget,
  options: StartOptions = {},
): Promise<Measurement> {
  const running = await contender.start(options);
  try {
    if (!running.wire) throw new Error(`${contender.title} takes events over HTTP only`);
    const plan: LoadPlan = { ...load, wire: running.wire, url: running.url, producers: 'load' };
    const measured = new MeasuredLoad(running, plan);
    const report = await measured.report;
    return {
      contender: contender.name,
      report,
      eventsPerSecond: report.acknowledged / report.seconds,
      eventsPerFrame: report.acknowledged / Math.max(1, report.frames),
      limited: contender.isLimit ? [] : whyLimited(plan, report),
      ...(await measured.costs()),
      verdict: await running.verify([{ events: plan.events, tallies: report.tallies }]),
    };
  } finally {
    await running.stop();
  }
}

/** Why a measurement counts for nothing; empty if it counts. */
export function invalid({ report, verdict, limited }: Pick<Measurement, 'report' | 'verdict' | 'limited'>): string[] {
  return whyNotCounted({ invalid: [...report.faults, ...limited, ...whyUnsettled(report.tallies)], verdict });
}
