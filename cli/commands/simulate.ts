import { Command } from 'commander';
import { catalogueCsv, DEFAULT_START_MS, listeners, makeCatalogue } from '../../loadtest/listeners/index.ts';
import { duration, moment, rate, wholeNumber } from '../arguments.ts';
import { CommandError } from '../errors.ts';
import { onInterrupt } from '../interrupt.ts';
import { grouped, note, perSecond, plural, printJson, seconds } from '../output.ts';
import { Progress } from '../progress.ts';
import { type ServerFlags, serverAddress, withServerFlags } from '../settings.ts';
import { LiveSimulation } from '../simulate/live.ts';
import { writeEvents, writeLines } from '../simulate/to-file.ts';

interface Flags extends ServerFlags {
  users: number;
  tracks: number;
  sessionsPerDay: number;
  seed?: number;
  events?: number;
  duration?: number;
  out?: string;
  start?: number;
  catalogueOut?: string;
  rate?: number;
  connections?: number;
  timeout?: number;
  json?: boolean;
}

const DEFAULT_RATE = 100;
const DEFAULT_CONNECTIONS = 4;
const DEFAULT_TIMEOUT_MS = 30_000;
/** Servers refuse events from further ahead. */
const FUTURE_MS = 5 * 60_000;
const MANY = 0x1_0000_0000;

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
      `with --out: when it begins, a date or how long ago (default: ${isoOrNull(DEFAULT_START_MS)})`,
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

async function run(flags: Flags): Promise<void> {
  const seed = flags.seed ?? (flags.out === undefined ? Math.floor(Math.random() * MANY) : 1);
  refuseMixture(flags);
  const catalogue = makeCatalogue({ seed, tracks: flags.tracks });
  if (flags.catalogueOut !== undefined) await writeLines(catalogueCsv(catalogue.tracks), flags.catalogueOut);
  if (flags.out !== undefined) return toFile(flags, flags.out, seed, catalogue);
  if (flags.events === 0) return;
  await live(flags, seed, catalogue);
}

function refuseMixture(flags: Flags): void {
  const liveOnly = ['rate', 'connections', 'timeout', 'url', 'token'] as const;
  const wrong =
    flags.out === undefined
      ? flags.start === undefined
        ? []
        : ['start']
      : liveOnly.filter((name) => flags[name] !== undefined);
  if (wrong.length > 0) {
    const place =
      flags.out === undefined ? 'a file: events that are sent happen now' : 'a server, and --out writes a file';
    throw new CommandError(
      `--${wrong[0]} is for ${place}`,
      `Leave out --${wrong[0]}, or ${flags.out === undefined ? 'add' : 'leave out'} --out.`,
    );
  }
  if (flags.out !== undefined && flags.out !== '-' && flags.events === undefined && flags.duration === undefined) {
    throw new CommandError(
      'a file needs an end',
      'Say how much: --events 100000, or --duration 7d of the listeners’ time.',
    );
  }
}

type Catalogue = ReturnType<typeof makeCatalogue>;

async function toFile(flags: Flags, name: string, seed: number, catalogue: Catalogue): Promise<void> {
  const { users, sessionsPerDay, start: startMs = DEFAULT_START_MS } = flags;
  const extent = {
    events: flags.events ?? Number.POSITIVE_INFINITY,
    endMs: startMs + (flags.duration ?? Number.POSITIVE_INFINITY),
  };
  const interruption = onInterrupt();
  const beganMs = performance.now();
  const source = listeners({ seed, users, sessionsPerDay, startMs, catalogue });
  const written = await writeEvents(source, extent, name, interruption.signal);
  interruption.release();
  const ms = performance.now() - beganMs;
  if (written.lastMs > Date.now() + FUTURE_MS) {
    note(
      `The last event happens on ${new Date(written.lastMs).toISOString()}: a server refuses what is in the future. Use an earlier --start, or more --users.`,
    );
  }
  const summary = {
    events: written.events,
    seed,
    from: new Date(startMs).toISOString(),
    to: isoOrNull(written.lastMs),
    seconds: ms / 1000,
  };
  if (flags.json && name !== '-') printJson({ file: name, ...summary });
  else if (flags.json) note(JSON.stringify(summary));
  else note(`${plural(written.events, 'event')} in ${seconds(ms)} (${perSecond(written.events, ms)}), seed ${seed}`);
  process.exitCode = interruption.exitCode();
}

function isoOrNull(ms: number): string | null {
  return ms > 0 ? new Date(ms).toISOString() : null;
}

async function live(flags: Flags, seed: number, catalogue: Catalogue): Promise<void> {
  const { url, token } = serverAddress(flags);
  const { connect } = await import('../../client/node.ts');
  const connections = Math.min(flags.connections ?? DEFAULT_CONNECTIONS, flags.users);
  const simulation = new LiveSimulation({
    client: { url, token, agent: 'gapless-simulate' },
    connect,
    connections,
    rate: flags.rate ?? DEFAULT_RATE,
    events: flags.events ?? Number.POSITIVE_INFINITY,
    durationMs: flags.duration ?? Number.POSITIVE_INFINITY,
    seed,
    users: flags.users,
    sessionsPerDay: flags.sessionsPerDay,
    catalogue,
    name: `sim-${Math.floor(Math.random() * MANY).toString(36)}-${Date.now().toString(36)}`,
  });
  const beganMs = performance.now();
  const { tally } = simulation;
  const progress = new Progress(() => {
    const ms = performance.now() - beganMs;
    const parts = [
      `${perSecond(simulation.offered, ms)}  sent ${grouped(simulation.offered)}  acknowledged ${grouped(tally.answered)}`,
      `rejected ${grouped(tally.rejected)}  blocked ${simulation.blocked} of ${connections}`,
    ];
    const away = connections - simulation.count('open');
    return [...parts, ...(away > 0 ? [`reconnecting ${away}`] : [])].join('  ');
  });
  const interruption = onInterrupt(() => simulation.stop());
  let unsettled: number;
  try {
    note(
      `Sending to ${url}: ${plural(flags.users, 'listener')} over ${plural(connections, 'connection')}, seed ${seed}`,
    );
    await simulation.run();
    unsettled = await simulation.settle(flags.timeout ?? DEFAULT_TIMEOUT_MS);
  } finally {
    progress.stop();
    await simulation.close();
    interruption.release();
  }
  summarise(simulation, { url, seed, unsettled, ms: performance.now() - beganMs, json: flags.json === true });
}

function summarise(
  { tally, offered, behindMs, failure }: LiveSimulation,
  { url, seed, unsettled, ms, json }: { url: string; seed: number; unsettled: number; ms: number; json: boolean },
): void {
  process.exitCode = unsettled > 0 || failure ? 1 : tally.rejected > 0 ? 2 : 0;
  const acknowledged = tally.answered;
  if (json) {
    const { rejected, reasons } = tally;
    const examples = tally.sortedExamples();
    printJson({
      url,
      seed,
      sent: offered,
      acknowledged,
      rejected,
      reasons,
      examples,
      unsettled,
      behindMs,
      seconds: ms / 1000,
    });
  } else {
    console.log(
      `Sent ${grouped(offered)}, acknowledged ${grouped(acknowledged)}, rejected ${grouped(tally.rejected)}, not settled ${grouped(unsettled)} in ${seconds(ms)} (${perSecond(acknowledged, ms)})`,
    );
    for (const line of tally.describeRejected('event')) console.log(line);
    if (behindMs > 1000) console.log(`The schedule could not be kept: ${seconds(behindMs)} behind at the most.`);
  }
  if (failure) throw new CommandError(`the server refused to go on: ${failure.message}`, 'Check --token and --url.');
  if (unsettled > 0)
    note('Not everything has an answer. Check that the server runs, or give it longer with --timeout.');
}
