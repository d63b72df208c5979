/** Subscribers that read slowly, or not at all, beside others that read, and beside ingest. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { Subscribers } from '../harness/subscribers.ts';
import { Watch } from '../harness/watch.ts';
import type { Phase } from '../report/record.ts';
import type { SubscribersCount } from '../subscribers/plan.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario, ScenarioContext } from './scenario.ts';
import { type RunningGapless, startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  rate: number;
  fast: number;
  slow?: number;
  stopped?: number;
}

const MIB = 1024 * 1024;
const SLOW_PER_SECOND = 10;
/**
 * What a subscriber may hold of the server: its send buffer up to where it is cut (four times GAPLESS_SEND_BUFFER_BYTES), and what is on the way
 * to it from the feeds' thread. On top comes what the heap does by itself.
 */
const HELD_MIB_EACH = 1.25;
const HEAP_MIB = 64;

interface Part {
  phase: Phase;
  count: SubscribersCount;
  /** Of all fast subscribers together: events that were acknowledged and did not come. */
  missed: number;
  mostBytes: number;
}

export const slowReaders: Scenario<Options> = {
  name: 'slow-readers',
  about:
    'subscribers of the events feed that read slowly or not at all: those that read, ingest and memory are as without them',
  configure: (command: Command) =>
    command
      .option('--rate <n>', 'events per second', rate, 2_000)
      .option('--fast <n>', 'subscribers that read what comes', wholeNumber(1, 100), 4)
      .option(
        '--slow <n>',
        `that read ${SLOW_PER_SECOND} items a second (default: 50; 5 with --short)`,
        wholeNumber(0, 1_000),
      )
      .option('--stopped <n>', 'that never read (default: 50; 5 with --short)', wholeNumber(0, 1_000)),
  async run(context, options) {
    const { short, fast } = options;
    const slow = options.slow ?? (short ? 5 : 50);
    const stopped = options.stopped ?? (short ? 5 : 50);
    const running = await startGapless(context);
    const { url, token } = running;
    const feed = { url, token, feed: 'events', slowPerSecond: SLOW_PER_SECOND } as const;
    const readers = await Subscribers.start({ ...feed, fast, slow: 0, stopped: 0 });
    try {
      const alone = await part(context, running, readers, options, 'without slow readers', 0);
      const others = await Subscribers.start({ ...feed, fast: 0, slow, stopped });
      try {
        const beside = await part(context, running, readers, options, `beside ${slow} slow and ${stopped} stopped`, 1);
        const count = await others.count();
        const cut = (await running.metrics())!.get('gapless_connections_closed_total', 'code', 'slow_consumer');
        const above = (beside.mostBytes - alone.mostBytes) / MIB;
        const ratio = (of: (part: Part) => number | undefined) => (of(beside) ?? 0) / Math.max(1e-9, of(alone) ?? 0);
        return {
          phases: [alone.phase, beside.phase],
          findings: [
            {
              name: 'events that fast subscribers missed',
              value: alone.missed + beside.missed,
              unit: '',
              bound: { most: 0 },
            },
            {
              ...{ name: 'ingest, with against without', value: ratio(({ phase }) => phase.perSecond), unit: 'ratio' },
              bound: { least: 0.97 },
            },
            {
              name: 'ingest p99, with against without',
              value: ratio(({ phase }) => phase.latency?.p99),
              unit: 'ratio',
            },
            {
              name: 'feed p99, without',
              value: alone.count.fast.delay?.p99 ?? 0,
              unit: 'ms',
              note: 'received_at to a fast subscriber',
            },
            { name: 'feed p99, with', value: beside.count.fast.delay?.p99 ?? 0, unit: 'ms' },
            {
              ...{ name: 'memory above the run without them', value: above, unit: 'MiB' },
              bound: { most: (slow + stopped) * HELD_MIB_EACH + HEAP_MIB },
              note: `at most ${HELD_MIB_EACH} MiB for each of them, and ${HEAP_MIB} MiB for the heap`,
            },
            {
              name: 'items that slow subscribers got',
              value: count.slow.items,
              unit: 'items',
              note: `least ${count.slow.least}, most ${count.slow.most}`,
            },
            {
              name: 'cut as slow_consumer',
              value: cut,
              unit: 'connections',
              note: 'those that never read, after 10 s',
            },
          ],
          // Those of the fast subscribers since they started: of both parts.
          faults: [...beside.count.faults, ...count.faults],
        };
      } finally {
        await others.stop();
      }
    } finally {
      await readers.stop();
    }
  },
};

async function part(
  context: ScenarioContext,
  running: RunningGapless,
  readers: Subscribers,
  { rate: eventsPerSecond, seconds, seed, short, fast }: Options,
  name: string,
  number: number,
): Promise<Part> {
  await readers.count();
  const watch = new Watch(running, 500);
  const load = context.load({
    ...{ producers: `part${number}`, connections: 100, eventsPerFrame: 50, events: eventsOf(seed) },
    loop: { kind: 'open', eventsPerSecond, seed: seed + number },
    ...{ warmUpMs: warmUpMs(short), measureMs: seconds * 1000, drainMs: DRAIN_MS },
  });
  const { tallies } = await load.report;
  const acknowledged = tallies.reduce((sum, tally) => sum + tally.acknowledged, 0);
  const count = await counted(readers, acknowledged * fast);
  watch.stop();
  return {
    phase: await load.phase(name),
    count,
    missed: Math.max(0, acknowledged * fast - count.fast.items),
    mostBytes: watch.most(({ residentBytes }) => residentBytes),
  };
}

const PATIENCE_MS = 10_000;

/** Counts until so many items have come, or nothing more comes in time. */
async function counted(readers: Subscribers, items: number): Promise<SubscribersCount> {
  let total = await readers.count();
  for (const end = performance.now() + PATIENCE_MS; total.fast.items < items && performance.now() < end; ) {
    await delay(100);
    const more = await readers.count();
    // Percentiles cannot be added: those of the load itself stand.
    total = { ...total, fast: { ...total.fast, items: total.fast.items + more.fast.items }, faults: more.faults };
  }
  return total;
}
