/** A fixed rate that does not depend on the answers. */
import { wholeNumber } from '../../cli/arguments.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import { type LoadOptions, RATE_MOST, withLoadOptions } from './load-options.ts';
import type { CommonOptions, Scenario } from './scenario.ts';

interface Options extends CommonOptions, LoadOptions {
  rate: number;
}

/** What chance and the last events of a run may take from the rate. */
const KEPT = 0.97;

export const steady: Scenario<Options> = {
  name: 'steady',
  about: 'a fixed rate, open loop: from the intended send time to the acknowledgement',
  finds: `Events are due at random times (Poisson) on connections drawn at random, whether those before them were answered or not. Finds the
rate that is acknowledged, which must be the one that is offered, and the latency from the intended time.`,
  examples: ['--rate 50000 --connections 1000', '--target redis --seconds 60', '--frame 1 --env GAPLESS_WORKERS=2'],
  configure: (command) =>
    withLoadOptions(
      command.option('--rate <n>', 'events per second over all connections', wholeNumber(1, RATE_MOST), 10_000),
      {
        connections: 100,
        frame: 50,
      },
    ),
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
    const offered = phase.offeredPerSecond ?? rate;
    return {
      phases: [phase],
      findings: [
        { name: 'acknowledged', value: phase.perSecond, unit: 'events/s', bound: { least: offered * KEPT } },
        ...(phase.latency
          ? [
              { name: 'send to ACK, p50', value: phase.latency.p50, unit: 'ms' },
              { name: 'send to ACK, p99', value: phase.latency.p99, unit: 'ms' },
            ]
          : []),
      ],
    };
  },
};
