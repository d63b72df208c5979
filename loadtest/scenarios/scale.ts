/** What one more of something costs: the same work with more partitions, connections, subscribers, or events in the log. */
import { type Command, InvalidArgumentError } from 'commander';
import { list, rate } from '../../cli/arguments.ts';
import { growthExponent } from '../harness/power-law.ts';
import type { Finding, Phase } from '../report/record.ts';
import { DIMENSIONS, type Point, type ScaleOptions } from './scale-dimensions.ts';
import type { CommonOptions, Scenario } from './scenario.ts';

interface Options extends CommonOptions {
  of?: string[];
  rate: number;
}

/** A straight line measured on a machine that is shared. */
const EXPONENT_MOST = 1.15;

function parseDimensions(text: string, before: string[] | undefined): string[] {
  const names = list(text, before);
  const unknown = names.find((name) => !Object.hasOwn(DIMENSIONS, name));
  if (names.length > 0 && unknown === undefined) return names;
  const known = `write some of ${Object.keys(DIMENSIONS).join(', ')}.`;
  throw new InvalidArgumentError(`There is no ${unknown ?? 'name in it'}: ${known}`);
}

export const scale: Scenario<Options> = {
  name: 'scale',
  about:
    'CPU and memory at several numbers of partitions, connections, subscribers and stored events: no cost grows faster than its number',
  configure: (command: Command) =>
    command
      .option('--of <list>', `some of ${Object.keys(DIMENSIONS).join(', ')} (default: all)`, parseDimensions)
      .option('--rate <n>', 'events per second meanwhile', rate, 2_000),
  async run(context, { of, rate: eventsPerSecond, seconds, seed, short }) {
    const phases: Phase[] = [];
    const findings: Finding[] = [];
    const options: ScaleOptions = { eventsPerSecond, seconds, seed, short };
    for (const name of of ?? Object.keys(DIMENSIONS)) {
      const dimension = DIMENSIONS[name]!;
      const points: Point[] = [];
      for await (const point of dimension(context, options)) {
        points.push(point);
        phases.push({ ...point.phase, name: `${name}: ${point.size.toLocaleString('en')}` });
        context.tell(
          `${name}: ${point.size}: ${point.cpuMicros.toFixed(1)} us of CPU for one event, ${(point.bytes / 2 ** 20).toFixed(0)} MiB`,
        );
      }
      findings.push(...growth(name, points));
    }
    return { phases, findings };
  },
};

function growth(over: string, points: readonly Point[]): Finding[] {
  const of = (what: string, unit: string, value: (point: Point) => number): Finding => {
    const growth = { over, of: what, unit, points: points.map((point) => ({ size: point.size, cost: value(point) })) };
    const told = growth.points.map(({ size, cost }) => `${size.toLocaleString('en')}: ${cost.toFixed(1)}`).join(', ');
    return {
      ...{ name: `${over}: exponent of ${what}`, unit: 'exponent', growth },
      value: growthExponent(growth.points.map(({ size, cost }) => ({ x: size, y: cost }))),
      bound: { most: EXPONENT_MOST },
      note: `${unit} at ${told}; 0 does not grow, 1 grows in proportion`,
    };
  };
  return [
    of('CPU', 'us for one event', ({ cpuMicros }) => cpuMicros),
    of('memory', 'MiB of the server', ({ bytes }) => bytes / 2 ** 20),
  ];
}
