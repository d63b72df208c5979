/** One line that says where a run is. */
import { grouped } from '../../cli/output.ts';
import type { Run } from './run.ts';

export function describeProgress(name: string, run: Run | null): string {
  const seconds = Math.floor(run?.timeline.now ?? 0);
  if (!run || seconds < 1) return `${name}: starting`;
  const { perSecond, latency, pressure } = run.timeline.sample(seconds);
  const p99 = latency ? `, p99 ${latency.p99.toFixed(1)} ms` : '';
  const level = pressure === undefined ? '' : `, pressure ${pressure.toFixed(2)}`;
  return `${name}: ${seconds} s, ${grouped(perSecond)}/s${p99}${level}`;
}
