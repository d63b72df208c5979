/** The four things there can be more of, each at several sizes under the same rate of events. */
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from '../harness/proc.ts';
import { Subscribers } from '../harness/subscribers.ts';
import type { Phase } from '../report/record.ts';
import { budgetFor } from './budget.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { ScenarioContext } from './scenario.ts';
import { type RunningGapless, startGapless } from './start-gapless.ts';

export interface ScaleOptions {
  eventsPerSecond: number;
  seconds: number;
  seed: number;
  short: boolean;
}

export interface Point {
  size: number;
  /** CPU of server and storage for one acknowledged event, and resident memory of the server. */
  cpuMicros: number;
  bytes: number;
  phase: Phase;
}

type Measure = (context: ScenarioContext, options: ScaleOptions) => AsyncIterable<Point>;

const CONNECTIONS = 50;
/** Few, because each of very many connections keeps its own. */
const DISTINCT_EVENTS = 20;
const FILL_PER_SECOND = 40_000;
const SETTLE_MS = 1_000;

export const DIMENSIONS: Readonly<Record<string, Measure>> = { partitions, connections, subscribers, events };

/** A server for each number, because it is fixed with the data. */
async function* partitions(context: ScenarioContext, options: ScaleOptions): AsyncIterable<Point> {
  for (const size of options.short ? [1, 8] : [1, 2, 4, 8, 16, 32, 64]) {
    const running = await startGapless(context, { env: { GAPLESS_PARTITIONS: String(size) } });
    yield await point(context, running, options, size, {});
  }
}

async function* connections(context: ScenarioContext, options: ScaleOptions): AsyncIterable<Point> {
  const sizes = options.short ? [50, 200] : [250, 500, 1_000, 2_000, 4_000];
  const running = await startGapless(context, { env: budgetFor(sizes.at(-1)!) });
  for (const size of sizes) yield await point(context, running, options, size, { connections: size });
}

async function* subscribers(context: ScenarioContext, options: ScaleOptions): AsyncIterable<Point> {
  const running = await startGapless(context);
  for (const size of options.short ? [1, 4] : [1, 2, 4, 8, 16, 32]) {
    const { url, token } = running;
    const readers = await Subscribers.start({
      ...{ url, token, feed: 'events', fast: size, slow: 0, slowPerSecond: 1, stopped: 0 },
    });
    try {
      yield await point(context, running, options, size, {});
    } finally {
      await readers.stop();
    }
  }
}

/**
 * The same load beside a log that has grown in between. Processing is off: it reads every event once, and would still be busy with those of before.
 */
async function* events(context: ScenarioContext, options: ScaleOptions): AsyncIterable<Point> {
  const running = await startGapless(context, { env: { ENABLE_REALTIME_PROCESSING: 'false' } });
  const stored = async () => (await running.metrics())!.get('gapless_events_accepted_total');
  for (const size of options.short ? [2_000, 20_000] : [20_000, 80_000, 320_000, 1_280_000]) {
    const missing = size - (await stored());
    if (missing > 0) await fill(context, options, missing);
    yield await point(context, running, options, await stored(), {});
  }
}

/** Stores so many more, quickly. */
async function fill(context: ScenarioContext, { seed }: ScaleOptions, events: number): Promise<void> {
  const load = context.load({
    ...{ producers: `fill${events}`, connections: CONNECTIONS, eventsPerFrame: 200, events: eventsOf(seed + 1, 400) },
    loop: { kind: 'open', eventsPerSecond: FILL_PER_SECOND, seed },
    ...{ warmUpMs: 0, measureMs: (events / FILL_PER_SECOND) * 1000, drainMs: DRAIN_MS },
    // Nothing of it is a figure.
    mayBeLimited: true,
  });
  await load.report;
}

async function point(
  context: ScenarioContext,
  running: RunningGapless,
  { eventsPerSecond, seconds, seed, short }: ScaleOptions,
  size: number,
  { connections = CONNECTIONS }: { connections?: number },
): Promise<Point> {
  const load = context.load({
    ...{ producers: `size${size}`, connections, eventsPerFrame: 50, events: eventsOf(seed, DISTINCT_EVENTS) },
    loop: { kind: 'open', eventsPerSecond, seed },
    ...{ warmUpMs: warmUpMs(short), measureMs: seconds * 1000, drainMs: DRAIN_MS },
  });
  await load.reached('measured');
  const bytes = residentBytes(running.server.pid);
  const phase = await load.phase(String(size));
  const { generator, ...parts } = phase.cpuMicros ?? {};
  const cpuMicros = Object.values(parts).reduce((sum, micros) => sum + micros, 0);
  await delay(SETTLE_MS);
  return { size, cpuMicros, bytes, phase };
}
