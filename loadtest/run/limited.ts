/**
 * Whether the generator was the bottleneck, so that a run says nothing of the server. The generator shares the machine with what it measures, so
 * being late or busy is no fault by itself; these are:
 *
 * - Its main thread used 0.9 of a core or more: one event loop cannot do more, so more load was not to be had. On a machine whose cores are all busy
 *   a process that still had to wait for others stays below.
 * - Open loop: more than half of the p99 that is reported may be the generator's own p99 of lateness, and that is more than 5 ms.
 * - Less than a second was measured, as where a run is ended early: CPU is counted in hundredths of a second, and nothing can be said.
 * - Open loop: fewer events were due than planned, beyond what chance explains: it did not keep up with its own schedule.
 */
import type { LoadPlan, LoadReport } from '../generator/plan.ts';

const SECONDS_LEAST = 0.9;
const CORES_MOST = 0.9;
const LATENESS_SHARE_MOST = 0.5;
/** A timer is due to the millisecond, and waits for the work of a turn. */
const LATENESS_MS = 5;
const OFFERED_LEAST = 0.98;
/** Standard deviations of a Poisson count. */
const CHANCE = 4;

export function whyLimited(plan: Pick<LoadPlan, 'loop'>, report: LoadReport): string[] {
  const { offered, seconds } = report;
  const reasons = whyOverworked('the generator', report, '; give it more processes');
  if (seconds < SECONDS_LEAST) return reasons;
  if (plan.loop.kind === 'open' && offered !== undefined) {
    const planned = plan.loop.eventsPerSecond * seconds;
    if (offered < planned * OFFERED_LEAST - CHANCE * Math.sqrt(planned)) {
      reasons.push(`the generator offered ${offered} of ${Math.round(planned)} planned events`);
    }
  }
  return reasons;
}

/** What holds for whoever makes a load. `lateness` only where something was due at a time; `advice` to who has it too busy. */
export function whyOverworked(
  who: string,
  { seconds, cores, latency, lateness }: Pick<LoadReport, 'seconds' | 'cores' | 'latency' | 'lateness'>,
  advice = '',
): string[] {
  if (seconds < SECONDS_LEAST) return [`only ${seconds.toFixed(2)} s were measured`];
  const reasons: string[] = [];
  if (cores >= CORES_MOST) reasons.push(`${who} used ${cores.toFixed(2)} of a core and could not do more${advice}`);
  if (latency && lateness && lateness.p99 > Math.max(LATENESS_MS, latency.p99 * LATENESS_SHARE_MOST)) {
    reasons.push(`${who} itself was late: p99 ${lateness.p99} ms of a latency of ${latency.p99} ms`);
  }
  return reasons;
}
