/** From the intended send time to the acknowledgement, at a fixed rate that does not wait for answers; and a bare XADD, an echo, and an echo that stores, at the same rate. */
import { embedded, redis } from '../../contenders/gapless.ts';
import { straightforward } from '../../contenders/straightforward.ts';
import type { Percentiles } from '../../generator/plan.ts';
import { echo } from '../../limits/echo.ts';
import { storedEcho } from '../../limits/stored-echo.ts';
import { bareXadd } from '../bare-xadd.ts';
import type { Figures, Step } from '../figures.ts';
import { invalid, measure } from '../measure.ts';
import { INGEST_ONLY } from './throughput.ts';

export const OFFERED_PER_SECOND = 10_000;
export const LATENCY_CONNECTIONS = 1_000;
/** Longer than under full load until everything is compiled. */
const WARM_UP_MS = 15_000;
const MEASURE_MS = 10_000;
const DISTINCT_EVENTS = 50;

const BARE: Step = {
  part: 'latency',
  who: 'bare-xadd',
  title: 'latency of a bare XADD',
  short: false,
  missing: () => null,
  run: async ({ events }) => {
    const plan = { ...events, perConnection: DISTINCT_EVENTS };
    const { alone, atRate } = await bareXadd(plan, OFFERED_PER_SECOND, MEASURE_MS / 2);
    return { figures: { ...named('bare-xadd', atRate), ...named('bare-xadd-alone', alone) }, problems: [] };
  },
};

export const LATENCY: readonly Step[] = [
  ...[straightforward, embedded, redis, echo, storedEcho].map(
    (contender): Step => ({
      part: 'latency',
      who: contender.name,
      title: `latency, ${contender.title}`,
      short: false,
      missing: () => null,
      run: async ({ events }) => {
        const plan = {
          connections: LATENCY_CONNECTIONS,
          eventsPerFrame: 50,
          events: { ...events, perConnection: DISTINCT_EVENTS },
          loop: { kind: 'open', eventsPerSecond: OFFERED_PER_SECOND, seed: events.seed } as const,
          warmUpMs: WARM_UP_MS,
          measureMs: MEASURE_MS,
          drainMs: 20_000,
        };
        const run = await measure(contender, plan, INGEST_ONLY[contender.name]);
        const { latency, lateness } = run.report as Required<typeof run.report>;
        const figures = { ...named(contender.name, latency), ...named(`${contender.name}-late`, lateness) };
        return { figures, problems: invalid(run) };
      },
    }),
  ),
  BARE,
];

function named(name: string, { p50, p90, p99, p999, max }: Percentiles): Figures {
  const values = Object.entries({ p50, p90, p99, p999, max });
  return Object.fromEntries(values.map(([percentile, ms]) => [`latency/${name}-${percentile}`, ms]));
}
