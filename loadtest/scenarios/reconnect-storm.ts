/** The server goes away under publishing clients, and all of them come back: with the SDK's outbox and the protocol's backoff. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { CommandError } from '../../cli/errors.ts';
import { until } from '../harness/until.ts';
import { type Look, Watch } from '../harness/watch.ts';
import { budgetFor } from './budget.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario } from './scenario.ts';
import { startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  connections?: number;
  rate: number;
  signal: 'SIGKILL' | 'SIGTERM';
  awayMs: number;
}

/** Twice the longest pause between two tries. */
const BACK_MOST_MS = 40_000;
const WATCH_MS = 100;

export const reconnectStorm: Scenario<Options> = {
  name: 'reconnect-storm',
  about: 'the server is killed under publishing clients and comes back: nothing lost or twice, time until all are back',
  configure: (command: Command) =>
    command
      .option(
        '--connections <n>',
        'clients, each with an outbox (default: 1,000; 100 with --short)',
        wholeNumber(1, 8_000),
      )
      .option('--rate <n>', 'events per second over all of them', rate, 2_000)
      .option('--signal <name>', 'what ends the server: SIGKILL or SIGTERM', signalName, 'SIGKILL')
      .option('--away-ms <n>', 'how long the server stays away', wholeNumber(0, 60_000), 1_000),
  async run(context, { connections, rate: perSecond, signal, awayMs, seconds, seed, short }) {
    const count = connections ?? (short ? 100 : 1_000);
    const running = await startGapless(context, { env: budgetFor(count) });
    if (!running.stopServer || !running.startServer) throw new CommandError('this server cannot be started again');
    const load = context.load({
      ...{ connections: count, outbox: true, eventsPerFrame: 50, events: eventsOf(seed) },
      loop: { kind: 'open', eventsPerSecond: perSecond, seed },
      warmUpMs: warmUpMs(short),
      measureMs: seconds * 1000 + awayMs + BACK_MOST_MS,
      drainMs: DRAIN_MS,
    });
    await load.reached('measuring');
    await delay((seconds * 1000) / 2);
    context.tell(`${signal}, ${count} clients`);
    await running.stopServer(signal);
    await delay(awayMs);
    await running.startServer();
    const ready = performance.now();
    const watch = new Watch(running, WATCH_MS);
    const back = await until('all clients are back', BACK_MOST_MS, () => {
      const found = watch.looks.find((look) => (publishers(look) ?? 0) >= count);
      return found ? found.at - ready : undefined;
    }).finally(() => watch.stop());
    context.tell(`all are back after ${Math.round(back)} ms`);
    await delay((seconds * 1000) / 2);
    load.stop();
    const { cpuMicros, ...phase } = await load.phase(`${count} clients, ${signal} in the middle`);
    return {
      phases: [phase],
      findings: [
        { name: 'all clients back after the server was ready', value: back / 1000, unit: 's' },
        {
          ...{ name: 'most connections in a second', value: mostPerSecond(watch.looks), unit: 'connections/s' },
          note: 'full jitter spreads them over the backoff; without it all would come at once',
        },
        { name: 'longest wait for an ACK', value: (phase.latency?.max ?? 0) / 1000, unit: 's' },
      ],
    };
  },
};

function signalName(text: string): 'SIGKILL' | 'SIGTERM' {
  if (text === 'SIGKILL' || text === 'SIGTERM') return text;
  throw new InvalidArgumentError('Write SIGKILL or SIGTERM.');
}

function publishers({ metrics }: Look): number | undefined {
  return metrics?.get('gapless_connections', 'kind', 'publishers');
}

/** Connections opened between a look and the last one within a second of it, at most. */
function mostPerSecond(looks: readonly Look[]): number {
  const opened = looks.flatMap(({ at, metrics }) =>
    metrics ? [{ at, count: metrics.get('gapless_connections_opened_total') }] : [],
  );
  const within = opened.map(({ at, count }) => {
    const before = opened.findLast((other) => other.at <= at - 1000);
    return count - (before?.count ?? 0);
  });
  return Math.max(0, ...within);
}
