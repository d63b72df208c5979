import { Command } from 'commander';
import { catalogueCsv, DEFAULT_START_MS, makeCatalogue } from '../../loadtest/listeners/index.ts';
import { duration, moment, rate, wholeNumber } from '../arguments.ts';
import { CommandError } from '../errors.ts';
import { withServerFlags } from '../settings.ts';
import { simulateToFile } from '../simulate/file.ts';
import { DEFAULT_CONNECTIONS, DEFAULT_RATE, type SimulateFlags } from '../simulate/flags.ts';
import { simulateOnServer } from '../simulate/server.ts';
import { writeLines } from '../simulate/to-file.ts';

export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description('Play synthetic listeners: to a server at a chosen rate, or as NDJSON.')
    .option('--users <n>', 'listeners', wholeNumber(1, 100_000_000), 1000)
    .option('--tracks <n>', 'size of the made-up catalogue', wholeNumber(10, 10_000_000), 20_000)
    .option('--sessions-per-day <n>', 'of the most active listener', wholeNumber(1, 200), 8)
    .option('--seed <n>', 'one seed, one output (default: 1 with --out, otherwise another each time)', wholeNumber(0))
    .option('--events <n>', 'stop after so many events', wholeNumber(0))
    .option('--duration <time>', "stop after this time; with --out of the listeners' time", duration)
    .option('--out <file>', 'write NDJSON instead of sending; - is standard output')
    .option(
      '--start <time>',
      `with --out: when it begins, a date or how long ago (default: ${new Date(DEFAULT_START_MS).toISOString()})`,
      moment,
    )
    .option('--catalogue-out <file>', 'write the catalogue as CSV, for GAPLESS_CATALOGUE');
  return withServerFlags(command)
    .option('--rate <n>', `events per second over all connections, or max (default: ${DEFAULT_RATE})`, rate)
    .option(
      '--connections <n>',
      `WebSockets, with a producer each (default: ${DEFAULT_CONNECTIONS})`,
      wholeNumber(1, 10_000),
    )
    .option('--timeout <time>', 'at the end, wait so long for the last answers (default: 30s)', duration)
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Listeners have sessions of 10 to 20 tracks at the busy hours of their own day, skip about half of them, stay with an artist for a
while, and use several devices; tracks are popular after Zipf's law. Artists and titles are made up.

Examples:
  gapless simulate --rate 500 --duration 1m                  to the server, as if it happened now
  gapless simulate --rate max --connections 8 --events 1000000
  gapless simulate --out events.ndjson --events 1000000      the same file every time
  gapless simulate --out - --users 50 --duration 1d | gapless send - --producer monday
  gapless simulate --catalogue-out tracks.csv --events 0     only the catalogue (give sending ones the same --seed and --tracks)

Exit code: 0 everything settled, 2 some events were rejected, 1 some are not settled.`;

const SEEDS = 0x1_0000_0000;

async function run(flags: SimulateFlags): Promise<void> {
  const { out, catalogueOut, events, tracks } = flags;
  if (out === undefined) refuse(flags, ['start'], 'is for a file: events that are sent happen now', 'add --out');
  else {
    const flagsOfServers = ['rate', 'connections', 'timeout', 'url', 'token'] as const;
    refuse(flags, flagsOfServers, 'is for a server, and --out writes a file', 'leave out --out');
    refuseEndless(flags);
  }
  const seed = flags.seed ?? (out === undefined ? Math.floor(Math.random() * SEEDS) : 1);
  const catalogue = makeCatalogue({ seed, tracks });
  if (catalogueOut !== undefined) await writeLines(catalogueCsv(catalogue.tracks), catalogueOut);
  if (out !== undefined) await simulateToFile(flags, out, seed, catalogue);
  else if (events !== 0) await simulateOnServer(flags, seed, catalogue);
}

function refuse(flags: SimulateFlags, names: readonly (keyof SimulateFlags)[], why: string, instead: string): void {
  const given = names.find((name) => flags[name] !== undefined);
  if (given) throw new CommandError(`--${given} ${why}`, `Leave out --${given}, or ${instead}.`);
}

/** A pipe ends when nobody reads it any more, a file does not. */
function refuseEndless({ out, events, duration }: SimulateFlags): void {
  if (out === '-' || events !== undefined || duration !== undefined) return;
  throw new CommandError(
    'a file needs an end',
    'Say how much: --events 100000, or --duration 7d of the time of the listeners.',
  );
}
