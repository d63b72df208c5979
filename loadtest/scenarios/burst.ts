/** Calm, then suddenly many, then calm again. */
import { setTimeout as delay } from 'node:timers/promises';
import { wholeNumber } from '../../cli/arguments.ts';
import { mergeLatencies } from '../generator/merge.ts';
import type { ShardSecond } from '../generator/plan.ts';
import type { Phase } from '../report/record.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import { type LoadOptions, RATE_MOST, withLoadOptions } from './load-options.ts';
import type { CommonOptions, Scenario } from './scenario.ts';

interface Options extends CommonOptions, LoadOptions {
  rate: number;
  burstRate: number;
  burstConnections: number;
  burstSeconds: number;
}

/** The calm connections are well again when their p99 of a second is at most this many times what it was, or so many ms. */
const WELL_TIMES = 2;
const WELL_MS = 20;
const RECOVER_SECONDS = 30;

export const burst: Scenario<Options> = {
  name: 'burst',
  about: 'a calm rate, and in the middle of it a burst of many more: what the calm ones notice, and for how long',
  finds: `Some connections send at --rate all the time; others offer --burst-rate for --burst-seconds. Phases are those of the calm
connections, before and after the burst and in it, and the burst itself. Finds their p99 in each, and how long after the burst's end it
takes until they are well: p99 of a second within twice that before, or 20 ms.`,
  examples: ['--burst-rate 300000', '--target redis --burst-seconds 5'],
  configure: (command) =>
    withLoadOptions(
      command
        .option('--rate <n>', 'events per second of the calm connections', wholeNumber(1, RATE_MOST), 2_000)
        .option('--burst-rate <n>', 'events per second of the burst', wholeNumber(1, RATE_MOST), 100_000)
        .option('--burst-connections <n>', 'WebSockets of the burst', wholeNumber(1, 20_000), 200)
        .option('--burst-seconds <n>', 'how long the burst lasts', wholeNumber(1, 60), 2)
        .option('--seconds <n>', 'of calm before the burst', wholeNumber(2, 3_600), 5),
      { connections: 50, frame: 50 },
    ),
  async run(context, options) {
    await context.start();
    const { seconds, seed, rate, connections, frame } = options;
    const { burstRate, burstConnections, burstSeconds } = options;
    const common = { eventsPerFrame: frame, events: eventsOf(seed), drainMs: DRAIN_MS };
    const heard: ShardSecond[] = [];
    const calm = context.load(
      {
        ...common,
        producers: 'calm',
        connections,
        loop: { kind: 'open', eventsPerSecond: rate, seed },
        warmUpMs: warmUpMs(options.short),
        measureMs: (seconds + burstSeconds + RECOVER_SECONDS) * 1000 + DRAIN_MS,
      },
      { second: (second) => heard.push(second) },
    );
    await calm.reached('measuring');
    await delay(seconds * 1000, undefined, { signal: context.signal });
    const before = stretch('calm, before', heard, context.now() - seconds, context.now());
    const loop = { kind: 'open', eventsPerSecond: burstRate, seed: seed + 1 } as const;
    const load = {
      producers: 'burst',
      connections: burstConnections,
      loop,
      warmUpMs: 0,
      measureMs: burstSeconds * 1000,
    };
    const flood = context.load({ ...common, ...load });
    const { from } = await flood.report;
    const end = from + burstSeconds;
    const well = Math.max(WELL_MS, (before.latency?.p99 ?? 0) * WELL_TIMES);
    let recovered: number | null = null;
    while (recovered === null && context.now() < end + RECOVER_SECONDS && !context.signal.aborted) {
      recovered = recovery(heard, end, well);
      if (recovered === null) await delay(200, undefined, { signal: context.signal });
    }
    const until = Math.max(context.now(), end + 2);
    calm.stop();
    await calm.report;
    const within = stretch('calm, in the burst', heard, from, end);
    const after = stretch('calm, after', heard, end, until);
    return {
      phases: [before, within, await flood.phase('the burst'), after],
      findings: [
        { name: 'p99 of the calm connections before', value: before.latency?.p99 ?? 0, unit: 'ms' },
        { name: 'p99 of the calm connections in the burst', value: within.latency?.p99 ?? 0, unit: 'ms' },
        {
          name: 'until they were well again',
          value: recovered ?? RECOVER_SECONDS,
          unit: 's',
          note: `p99 of a second within ${well.toFixed(0)} ms${recovered === null ? '; they were not, in the time that was waited' : ''}`,
        },
      ],
      faults: recovered === null ? [`the calm connections were not well ${RECOVER_SECONDS} s after the burst`] : [],
    };
  },
};

/** Whole seconds within `from` to `to`, or those that touch it where there are none. */
function stretch(name: string, heard: readonly ShardSecond[], from: number, to: number): Phase {
  const whole = heard.filter(({ at }) => at - 1 >= from && at <= to);
  const inside = whole.length > 0 ? whole : heard.filter(({ at }) => at > from && at - 1 < to);
  const seconds = Math.max(1, new Set(inside.map(({ at }) => at)).size);
  const sum = (of: (second: ShardSecond) => number) => inside.reduce((total, second) => total + of(second), 0);
  return {
    name,
    from: Math.min(...inside.map(({ at }) => at - 1), to),
    seconds,
    offeredPerSecond: sum(({ offered = 0 }) => offered) / seconds,
    perSecond: sum(({ acknowledged }) => acknowledged) / seconds,
    latency: mergeLatencies(inside.map(({ latency }) => latency)),
  };
}

/** Seconds from `end` to the beginning of the first second whose p99 is within `ms`; null if there is none yet. */
export function recovery(heard: readonly ShardSecond[], end: number, ms: number): number | null {
  const seconds = [...new Set(heard.map(({ at }) => at))].filter((at) => at > end).sort((a, b) => a - b);
  for (const at of seconds) {
    const latency = mergeLatencies(heard.filter((second) => second.at === at).map((second) => second.latency));
    if (latency && latency.p99 <= ms) return Math.max(0, at - 1 - end);
  }
  return null;
}
