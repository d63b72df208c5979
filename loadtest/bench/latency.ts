/** From the intended send time to the acknowledgement, at a fixed rate that does not wait for answers. */

import { embedded, redis } from '../contenders/gapless.ts';
import { straightforward } from '../contenders/straightforward.ts';
import type { EventPlan, Percentiles } from '../generator/plan.ts';
import { type BareXadd, bareXadd } from './bare-xadd.ts';
import { invalid, measure } from './measure.ts';

export const OFFERED_PER_SECOND = 10_000;
export const LATENCY_CONNECTIONS = 1_000;
const WARM_UP_MS = 4_000;
const MEASURE_MS = 10_000;
const DISTINCT_EVENTS = 50;

export interface LatencyRow {
  contender: string;
  eventsPerSecond: number;
  latency: Percentiles;
  /** How late the generator itself was: part of the latency. */
  lateness: Percentiles;
  cpuMicros: Record<string, number>;
  invalid: string[];
}

export interface Latency {
  rows: LatencyRow[];
  bareXadd: BareXadd;
}

export async function measureLatency(events: EventPlan, tell: (text: string) => void): Promise<Latency> {
  const rows: LatencyRow[] = [];
  const few = { ...events, perConnection: DISTINCT_EVENTS };
  for (const contender of [straightforward, embedded, redis]) {
    const run = await measure(contender, {
      connections: LATENCY_CONNECTIONS,
      eventsPerFrame: 50,
      events: few,
      loop: { kind: 'open', eventsPerSecond: OFFERED_PER_SECOND, seed: events.seed },
      warmUpMs: WARM_UP_MS,
      measureMs: MEASURE_MS,
      drainMs: 20_000,
    });
    const { latency, lateness } = run.report as Required<typeof run.report>;
    const { eventsPerSecond, cpuMicros } = run;
    rows.push({ contender: contender.name, eventsPerSecond, latency, lateness, cpuMicros, invalid: invalid(run) });
    tell(`latency  ${contender.title}: p50 ${latency.p50} ms, p99 ${latency.p99} ms`);
  }
  const bare = await bareXadd(few, OFFERED_PER_SECOND, MEASURE_MS / 2);
  tell(`latency  bare XADD: p50 ${bare.alone.p50} ms, p99 ${bare.alone.p99} ms`);
  return { rows, bareXadd: bare };
}
