/** One producer that sends all it may, among many that send a little. */
import type { Command } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario } from './scenario.ts';

interface Options extends CommonOptions {
  rate: number;
  light: number;
  heavyRate: number;
}

export const heavyProducer: Scenario<Options> = {
  name: 'heavy-producer',
  about: 'one producer that sends as fast as it may, among light ones: what they notice of it',
  configure: (command: Command) =>
    command
      .option('--light <n>', 'light producers', wholeNumber(1, 8_000), 100)
      .option('--rate <n>', 'events per second of all light ones together', rate, 1_000)
      .option(
        '--heavy-rate <n>',
        'events per second of the heavy one; max is as fast as they are acknowledged',
        rate,
        Infinity,
      ),
  async run(context, { rate: eventsPerSecond, light, heavyRate, seconds, seed, short }) {
    await context.start();
    const warmUp = warmUpMs(short);
    const lightLoad = (number: number, extraMs: number) => ({
      ...{ producers: 'light', connections: light, eventsPerFrame: 1, events: eventsOf(seed) },
      loop: { kind: 'open', eventsPerSecond, seed: seed + number } as const,
      ...{ warmUpMs: warmUp + extraMs, measureMs: seconds * 1000, drainMs: DRAIN_MS },
    });
    const alone = await context.load(lightLoad(0, 0)).phase(`${light} light producers alone`);
    const heavy = context.load({
      ...{ producers: 'heavy', connections: 1, eventsPerFrame: 256, events: eventsOf(seed + 1, 2_000) },
      loop:
        heavyRate === Infinity
          ? { kind: 'closed', inFlight: 1_024 }
          : { kind: 'open', eventsPerSecond: heavyRate, seed },
      // Around all of the light load, its start included.
      ...{ warmUpMs: 2 * warmUp, measureMs: (seconds + 60) * 1000, drainMs: DRAIN_MS },
    });
    await heavy.reached('loaded');
    const beside = await context.load(lightLoad(1, warmUp)).phase('beside the heavy one');
    heavy.stop();
    const heavyPhase = await heavy.phase('the heavy producer');
    const ratio = (beside.latency?.p99 ?? 0) / (alone.latency?.p99 ?? 1);
    return {
      phases: [alone, beside, heavyPhase],
      findings: [
        { name: 'light p99 alone', value: alone.latency?.p99 ?? 0, unit: 'ms' },
        { name: 'light p99 beside the heavy one', value: beside.latency?.p99 ?? 0, unit: 'ms' },
        { name: 'light p99, with against without', value: ratio, unit: 'ratio' },
        {
          name: 'light acknowledged, with against without',
          value: beside.perSecond / alone.perSecond,
          unit: 'ratio',
          bound: { least: 0.97 },
        },
        { name: 'of the heavy one', value: heavyPhase.perSecond, unit: 'events/s' },
      ],
    };
  },
};
