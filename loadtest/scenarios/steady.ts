/** A fixed rate that does not depend on the answers. */
import type { Command } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario } from './scenario.ts';

interface Options extends CommonOptions {
  rate: number;
  connections: number;
  frame: number;
}

export const steady: Scenario<Options> = {
  name: 'steady',
  about: 'a fixed rate, open loop: how long an event takes from its intended time to its acknowledgement',
  configure: (command: Command) =>
    command
      .option('--rate <n>', 'events per second over all connections', rate, 10_000)
      .option('--connections <n>', 'WebSockets, with a producer each', wholeNumber(1, 40_000), 100)
      .option('--frame <n>', 'events in a frame at most', wholeNumber(1, 512), 50),
  async run(context, { rate, connections, frame, seconds, seed, short }) {
    await context.start();
    const load = context.load({
      connections,
      eventsPerFrame: frame,
      events: eventsOf(seed),
      loop: { kind: 'open', eventsPerSecond: rate, seed },
      warmUpMs: warmUpMs(short),
      measureMs: seconds * 1000,
      drainMs: DRAIN_MS,
    });
    const phase = await load.phase('steady');
    const latency = phase.latency ?? { p50: 0, p99: 0 };
    return {
      phases: [phase],
      findings: [
        { name: 'acknowledged', value: phase.perSecond, unit: 'events/s', bound: { least: rate * 0.97 } },
        { name: 'send to ACK, p50', value: latency.p50, unit: 'ms' },
        { name: 'send to ACK, p99', value: latency.p99, unit: 'ms' },
      ],
    };
  },
};
