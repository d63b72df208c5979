/** What `npm run bench` takes. */
import { Command, InvalidArgumentError } from 'commander';

export const PARTS = ['throughput', 'latency', 'memory'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  short: boolean;
  repetitions: number;
  connections: number;
  parts: readonly Part[];
  seed: number;
  /** Where the JSON goes. */
  out?: string;
}

export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('bench')
    .description('Measures Gapless against the straightforward stack, side by side, and verifies every run.')
    .option('--short', 'under a minute: throughput once, no medians', false)
    .option('--repetitions <n>', 'how often each throughput run is repeated; the median counts', positive, 5)
    .option('--connections <n>', 'connections of the throughput runs', positive, 64)
    .option('--parts <names>', `what to measure: ${PARTS.join(', ')}`, parts, [...PARTS])
    .option('--seed <n>', 'of the events and of the arrivals', positive, 1)
    .option('--out <file>', 'where the JSON goes (default: loadtest/reports/bench-<time>.json)');
  command.parse([...argv], { from: 'user' });
  const options = command.opts<BenchOptions>();
  return options.short ? { ...options, repetitions: 1, parts: ['throughput'] } : options;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1 up.');
  return value;
}

function parts(text: string): Part[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !PARTS.includes(name as Part));
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of them.`);
  return names as Part[];
}
