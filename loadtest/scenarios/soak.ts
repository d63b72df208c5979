/** A fixed rate for a long time, with retention on: memory, the log's size and lag must stay where they are. */
import { type Command, InvalidArgumentError } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { parseBytes } from '../../server/units.ts';
import { slope } from '../harness/power-law.ts';
import { type Look, Watch } from '../harness/watch.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario } from './scenario.ts';
import { startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  rate: number;
  connections: number;
  retention?: number;
}

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
/** Retention looks this often. */
const INTERVAL_MS = { long: 30_000, short: 1_000 };
/** From here on growth counts: before, caches, indexes and the heap fill. */
const SETTLED = 0.5;
const GROWTH_MIB_PER_HOUR_MOST = 32;
const LAG_SECONDS_MOST = 5;

export const soak: Scenario<Options> = {
  name: 'soak',
  about: 'an hour at a fixed rate with retention on: memory, size of the log and lag stay bounded',
  configure: (command: Command) =>
    command
      .option('--seconds <n>', 'how long', wholeNumber(1, 86_400), 3_600)
      .option('--rate <n>', 'events per second', rate, 2_000)
      .option('--connections <n>', 'WebSockets, with a producer each', wholeNumber(1, 4_000), 100)
      .option('--retention <size>', 'of the log, like 256MiB (default: 64MiB; 1MiB with --short)', size),
  async run(context, { rate: eventsPerSecond, connections, retention, seconds, seed, short }) {
    const bound = retention ?? (short ? MIB : 64 * MIB);
    const intervalMs = short ? INTERVAL_MS.short : INTERVAL_MS.long;
    const running = await startGapless(context, {
      env: { GAPLESS_RETENTION_BYTES: String(bound), GAPLESS_RETENTION_INTERVAL: `${intervalMs}ms` },
    });
    const measureMs = seconds * 1000;
    const load = context.load({
      ...{ connections, eventsPerFrame: 50, events: eventsOf(seed) },
      loop: { kind: 'open', eventsPerSecond, seed },
      ...{ warmUpMs: warmUpMs(short), measureMs, drainMs: DRAIN_MS },
    });
    await load.reached('measuring');
    const from = performance.now();
    const watch = new Watch(running, Math.max(250, measureMs / 2_000));
    await load.reached('measured');
    watch.stop();
    const phase = await load.phase(`${eventsPerSecond} events/s`);
    const settled = watch.looks.filter(({ at }) => at >= from + measureMs * SETTLED);
    const memory = settled.map(({ at, residentBytes }) => ({ x: at / HOUR_MS, y: residentBytes / MIB }));
    const metrics = (await running.metrics())!;
    const eventBytes = metrics.get('gapless_log_bytes') / Math.max(1, metrics.get('gapless_log_events'));
    const lag = watch.most(lagEvents);
    // Retention waits for the processor.
    const between = (phase.perSecond * (intervalMs / 1000) * 1.5 + lag) * eventBytes;
    return {
      phases: [phase],
      findings: [
        { name: 'acknowledged', value: phase.perSecond, unit: 'events/s', bound: { least: eventsPerSecond * 0.97 } },
        { name: 'memory at most', value: watch.most((look) => look.residentBytes) / MIB, unit: 'MiB' },
        {
          ...{
            name: 'growth of memory in the second half',
            value: memory.length > 1 ? slope(memory) : 0,
            unit: 'MiB/h',
          },
          // Minutes say nothing of an hour.
          ...(seconds >= 1_800 && { bound: { most: GROWTH_MIB_PER_HOUR_MOST } }),
        },
        {
          ...{
            name: 'log at most',
            value: watch.most(logBytes) / MIB,
            unit: 'MiB',
            bound: { most: (bound + between) / MIB },
          },
          note: `retention keeps ${bound / MIB} MiB and looks every ${intervalMs / 1000} s; one and a half of such times of events may come on top, and what the processor has not read`,
        },
        {
          ...{ name: 'let go by retention', value: metrics.get('gapless_log_trimmed_events_total'), unit: 'events' },
          note: 'verified are those that are still there, and that what is gone was the oldest',
        },
        {
          name: 'lag at most',
          value: lag,
          unit: 'events',
          bound: { most: eventsPerSecond * LAG_SECONDS_MOST },
          note: `${LAG_SECONDS_MOST} s of events`,
        },
      ],
    };
  },
};

function size(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new InvalidArgumentError('Write a size like 512KiB, 64MiB or 2GiB.');
}

function logBytes({ metrics }: Look): number | undefined {
  return metrics?.get('gapless_log_bytes');
}

function lagEvents({ metrics }: Look): number | undefined {
  return metrics
    ? Object.values(metrics.family('gapless_processor_lag_events')).reduce((sum, lag) => sum + lag, 0)
    : undefined;
}
