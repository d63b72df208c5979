/** What `npm run bench` takes. */
import { Command, InvalidArgumentError, Option } from 'commander';

export const PARTS = ['throughput', 'http', 'latency', 'sustained', 'visible', 'memory'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  short: boolean;
  repetitions: number;
  connections: number;
  parts: readonly Part[];
  /** Names of contenders and limits; all where it is left out. */
  who?: readonly string[];
  seed: number;
  /** Where the JSON goes. */
  out?: string;
  /** Earlier results to make rows of, instead of measuring. */
  join?: readonly string[];
}

const MORE = `
Parts:
  throughput  acknowledged events/s against the peers and the limits, ingest alone
  http        NDJSON over HTTP, 100 events a request, against Fastify and counting the lines
  latency     send to ACK at 10,000 events/s from 1,000 connections, a bare XADD and echoes
  sustained   a minute of saturation with features and recommendations on
  visible     event sent to feature visible at 10,000 events/s
  memory      memory while storage stands still under full load, of redis; once

Examples:
  npm run bench -- --short
  npm run bench -- --parts throughput --repetitions 3
  npm run bench -- --parts latency --repetitions 1 --out a.json   # again with b.json, later
  npm run bench -- --join a.json b.json`;

export function readOptions(argv: readonly string[]): BenchOptions {
  const command = new Command('bench')
    .description('Measures Gapless against its peers and its limits, side by side, and verifies every run.')
    .option('--short', 'about a minute: throughput and HTTP of the main contenders, once', false)
    .option('--repetitions <n>', 'how often everything is repeated; the median counts', positive, 5)
    .option('--connections <n>', 'connections of the saturated runs', positive, 64)
    .addOption(
      new Option('--parts <names>', 'what to measure, separated by commas').argParser(parts).default([...PARTS], 'all'),
    )
    .option('--who <names>', 'only these contenders and limits, separated by commas: embedded,nats', names)
    .option('--seed <n>', 'of the events and of the arrivals', positive, 1)
    .option('--out <file>', 'where the JSON goes (default: loadtest/reports/bench-<time>.json)')
    .option('--join <files...>', 'measure nothing: print the rows over the repetitions of earlier results')
    .addHelpText('after', MORE);
  command.parse([...argv], { from: 'user' });
  const options = command.opts<BenchOptions>();
  if (options.short && command.getOptionValueSource('parts') === 'cli') {
    command.error('error: --short has parts of its own: leave out --parts, or --short');
  }
  return options.short ? { ...options, repetitions: 1, parts: ['throughput', 'http'] } : options;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1 up.');
  return value;
}

function names(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function parts(text: string): Part[] {
  const wanted = names(text);
  const unknown = wanted.find((name) => !PARTS.includes(name as Part));
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of ${PARTS.join(', ')}.`);
  return wanted as Part[];
}
