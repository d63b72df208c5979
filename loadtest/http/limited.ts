/** Whether autocannon was the bottleneck, so that a run says nothing of the server; as `run/limited.ts`, where the reasons stand. */
import { whyOverworked } from '../run/limited.ts';
import type { HttpPlan, HttpReport } from './plan.ts';

export function whyHttpLimited({ pace }: Pick<HttpPlan, 'pace'>, report: HttpReport): string[] {
  const { seconds, cpuSeconds, latency, lateness } = report;
  return whyOverworked('autocannon', {
    ...{ seconds, cores: cpuSeconds / seconds, latency },
    ...(pace.kind !== 'closed' && { lateness }),
  });
}
