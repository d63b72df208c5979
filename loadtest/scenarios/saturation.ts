/** As much as is acknowledged. */
import { wholeNumber } from '../../cli/arguments.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import { type LoadOptions, withLoadOptions } from './load-options.ts';
import type { CommonOptions, Scenario } from './scenario.ts';

interface Options extends CommonOptions, LoadOptions {
  inFlight?: number;
}

/** Unacknowledged events of a connection at peers without credit: more only lengthens their queues (it was tried with `npm run bench`). */
export function inFlightFor(eventsPerFrame: number): number {
  return Math.max(32, eventsPerFrame * 5);
}

export const saturation: Scenario<Options> = {
  name: 'saturation',
  about: 'closed loop: every connection sends as fast as it is acknowledged',
  finds: `Finds the most events a second that are acknowledged, and the CPU that each part takes for one of them. Latency is that of one frame of
each connection at a time, with everything before it in the queue: it says how long the queues are, not how quick the server can be.`,
  examples: ['--frame 1', '--target straightforward', '--generators 2 --connections 256'],
  configure: (command) =>
    withLoadOptions(command, { connections: 64, frame: 50 }).option(
      '--in-flight <n>',
      'unacknowledged events of a connection, at targets without credit (default: five frames, at least 32)',
      wholeNumber(1),
    ),
  async run(context, { connections, frame, inFlight = inFlightFor(frame), seconds, seed, short }) {
    await context.start();
    const load = context.load({
      connections,
      eventsPerFrame: frame,
      events: eventsOf(seed, 500),
      loop: { kind: 'closed', inFlight },
      warmUpMs: warmUpMs(short),
      measureMs: seconds * 1000,
      drainMs: DRAIN_MS,
    });
    const phase = await load.phase('saturation');
    const micros = Object.values(phase.cpuMicros ?? {}).reduce((sum, part) => sum + part, 0);
    return {
      phases: [phase],
      findings: [
        { name: 'acknowledged', value: phase.perSecond, unit: 'events/s' },
        { name: 'CPU of all parts for an event', value: micros, unit: 'us', note: 'the generator is one of them' },
      ],
    };
  },
};
