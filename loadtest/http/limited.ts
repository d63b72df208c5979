/** Whether autocannon was the bottleneck, so that a run says nothing of the server; as `run/limited.ts`, where the reasons stand. */
import { CORES_MOST, LATENESS_MS, LATENESS_SHARE_MOST, SECONDS_LEAST } from '../run/limited.ts';
import type { HttpPlan, HttpReport } from './plan.ts';

export function whyHttpLimited({ pace }: Pick<HttpPlan, 'pace'>, report: HttpReport): string[] {
  const { seconds, cpuSeconds, latency, lateness } = report;
  if (seconds < SECONDS_LEAST) return [`only ${seconds.toFixed(2)} s were measured`];
  const reasons: string[] = [];
  const cores = cpuSeconds / seconds;
  if (cores >= CORES_MOST) reasons.push(`autocannon used ${cores.toFixed(2)} of a core and could not do more`);
  if (pace.kind !== 'closed' && lateness.p99 > Math.max(LATENESS_MS, latency.p99 * LATENESS_SHARE_MOST)) {
    reasons.push(`autocannon itself was late: p99 ${lateness.p99} ms of a latency of ${latency.p99} ms`);
  }
  return reasons;
}
