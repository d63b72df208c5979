/** All clients come at once, as after a long night of the server's. */
import type { Command } from 'commander';
import { wholeNumber } from '../../cli/arguments.ts';
import { budgetFor } from './budget.ts';
import { DRAIN_MS, eventsOf } from './defaults.ts';
import type { CommonOptions, Scenario } from './scenario.ts';
import { startGapless } from './start-gapless.ts';

interface Options extends CommonOptions {
  connections?: number;
}

const DISTINCT_EVENTS = 4;
/** Afterwards each of them shall be served: so many events, over all of them, each second. */
const PER_SECOND = 500;

export const connectStorm: Scenario<Options> = {
  name: 'connect-storm',
  about:
    'connections as fast as possible, all at once: how many a second are accepted, from HELLO to WELCOME, and none lost',
  configure: (command: Command) =>
    command.option('--connections <n>', 'WebSockets (default: 5,000; 500 with --short)', wholeNumber(1, 40_000)),
  async run(context, { connections, seconds, seed, short }) {
    const count = connections ?? (short ? 500 : 5_000);
    const running = await startGapless(context, { env: budgetFor(count) });
    const load = context.load({
      ...{ connections: count, opening: count, mayRefuse: true },
      ...{ eventsPerFrame: 1, events: eventsOf(seed, DISTINCT_EVENTS) },
      loop: { kind: 'open', eventsPerSecond: PER_SECOND, seed },
      ...{ warmUpMs: 500, measureMs: seconds * 1000, drainMs: DRAIN_MS },
    });
    await load.reached('measuring');
    const open = (await running.metrics())!.get('gapless_connections', 'kind', 'publishers');
    const { opened } = await load.report;
    const { seconds: took, cores, upgrade, welcome } = opened;
    const from = `the generator used ${cores.toFixed(2)} of a core meanwhile, on the machine that it shares with the server`;
    return {
      phases: [await load.phase(`after ${count} connections came at once`)],
      findings: [
        { name: 'accepted', value: open / took, unit: 'connections/s', note: from },
        { name: 'lost', value: count - open, unit: 'connections', bound: { most: 0 } },
        { name: 'WebSocket open, p50', value: upgrade?.p50 ?? 0, unit: 'ms', note: 'all of them wait for all others' },
        { name: 'WebSocket open, p99', value: upgrade?.p99 ?? 0, unit: 'ms' },
        { name: 'HELLO to WELCOME, p50', value: welcome?.p50 ?? 0, unit: 'ms' },
        { name: 'HELLO to WELCOME, p99', value: welcome?.p99 ?? 0, unit: 'ms' },
      ],
    };
  },
};
