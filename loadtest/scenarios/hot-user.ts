/** Few users do most: what that does to a log that is partitioned by user. */
import { type Command, InvalidArgumentError } from 'commander';
import { rate, wholeNumber } from '../../cli/arguments.ts';
import { zipf } from '../listeners/weights.ts';
import { DRAIN_MS, eventsOf, warmUpMs } from './defaults.ts';
import type { CommonOptions, Scenario, ScenarioContext } from './scenario.ts';

interface Options extends CommonOptions {
  rate: number;
  users: number;
  skew: number;
}

export const hotUser: Scenario<Options> = {
  name: 'hot-user',
  about: "users drawn by Zipf's law against users drawn alike: the busiest one's events all go to one partition",
  configure: (command: Command) =>
    command
      .option('--rate <n>', 'events per second over all users', rate, 10_000)
      .option('--users <n>', 'users, with a connection each', wholeNumber(2, 8_000), 1_000)
      .option('--skew <n>', "exponent of Zipf's law", exponent, 1.2),
  async run(context, options) {
    const { users, skew } = options;
    await context.start();
    const even = await part(context, options, 'all users alike', 0);
    const hot = await part(context, options, `Zipf ${skew}`, skew);
    const weights = zipf(users, skew);
    const share = weights[0]! / weights.reduce((sum, weight) => sum + weight, 0);
    return {
      phases: [even, hot],
      findings: [
        {
          name: 'share of the busiest user',
          value: share * 100,
          unit: '%',
          note: 'by the law; they share one connection and one partition',
        },
        {
          name: 'acknowledged, skewed against alike',
          value: hot.perSecond / even.perSecond,
          unit: 'ratio',
          bound: { least: 0.97 },
        },
        { name: 'p99, alike', value: even.latency?.p99 ?? 0, unit: 'ms' },
        { name: 'p99, skewed', value: hot.latency?.p99 ?? 0, unit: 'ms' },
        { name: 'p99, skewed against alike', value: (hot.latency?.p99 ?? 0) / (even.latency?.p99 ?? 1), unit: 'ratio' },
      ],
    };
  },
};

function exponent(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 5) return value;
  throw new InvalidArgumentError('Write a number above 0, like 1.2; at most 5.');
}

function part(context: ScenarioContext, options: Options, name: string, skew: number) {
  const { rate: eventsPerSecond, users, seconds, seed, short } = options;
  const load = context.load({
    ...{ producers: skew > 0 ? 'skewed' : 'alike', connections: users, eventsPerFrame: 50, events: eventsOf(seed, 50) },
    loop: { kind: 'open', eventsPerSecond, seed, skew },
    ...{ warmUpMs: warmUpMs(short), measureMs: seconds * 1000, drainMs: DRAIN_MS },
  });
  return load.phase(name);
}
