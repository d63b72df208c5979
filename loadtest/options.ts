/** What every scenario takes on the command line. */
import { Command, InvalidArgumentError } from 'commander';
import { duration, wholeNumber } from '../cli/arguments.ts';
import { CommandError } from '../cli/errors.ts';
import { openLog } from '../cli/open-log.ts';
import type { SettingFlags } from '../cli/settings.ts';
import type { Contender } from './contenders/contender.ts';
import { CONTENDERS } from './contenders/index.ts';
import { runningServer } from './contenders/running-server.ts';
import { DEFAULT_BOUNDS } from './run/bounds.ts';
import type { CommonOptions, Scenario } from './scenarios/scenario.ts';

const SECONDS = 10;
const SHORT_SECONDS = 3;

export interface Flags extends CommonOptions, SettingFlags {
  env?: Record<string, string>;
  generators: number;
  repetitions: number;
  url?: string;
  /** ms. */
  atMost?: number;
  mostEvents: number;
  out?: string;
  html: boolean;
  svg: boolean;
  json?: boolean;
}

/** The scenario's own options, and the common ones that it does not have with another default. */
export function commandOf(scenario: Scenario): Command {
  const command = scenario.configure(new Command(scenario.name).description(scenario.about));
  const own = new Set(command.options.map(({ long }) => long));
  for (const option of commonOptions().options) if (!own.has(option.long)) command.addOption(option);
  return command;
}

function commonOptions(): Command {
  const names = CONTENDERS.map(({ name }) => name).join(', ');
  return new Command()
    .option('--target <name>', `who is put under load: ${names}`, target, 'embedded')
    .option('--seconds <n>', 'how long is measured', wholeNumber(1, 86_400), SECONDS)
    .option('--seed <n>', 'of the events and of the arrivals', wholeNumber(1), 1)
    .option('--short', `a first look: ${SHORT_SECONDS} s where --seconds is not given`, false)
    .option(
      '--generators <n>',
      'processes that make the load; more where it has many connections',
      wholeNumber(1, 64),
      1,
    )
    .option('--env <NAME=VALUE>', "a setting of the server's; may be repeated", setting)
    .option('--repetitions <n>', 'so many runs, each with a report, in one folder', wholeNumber(1, 100), 1)
    .option('--url <url>', 'load a server that runs already, as ws://127.0.0.1:8080; /proc is not looked at then')
    .option('--token <token>', 'its token, better given as GAPLESS_TOKEN')
    .option('--data-dir <folder>', 'with --url: its log, to verify it; or --redis-url')
    .option('--redis-url <url>', 'with --url: its Redis, to verify the log')
    .option('--redis-prefix <prefix>', 'with --redis-url: first part of every key (default: gapless)')
    .option('--at-most <time>', 'a run that takes longer is ended (default: 10m and four times --seconds)', duration)
    .option(
      '--most-events <n>',
      'a run is ended after so many acknowledged events',
      wholeNumber(1),
      DEFAULT_BOUNDS.mostEvents,
    )
    .option('--out <file>', 'where the report goes (default: loadtest/reports/SCENARIO-TARGET-TIME.json)')
    .option('--no-html', 'without the page beside the JSON')
    .option('--svg', 'each plot as a file of its own, too', false)
    .option('--json', 'print the report as JSON');
}

function target(text: string): string {
  if (CONTENDERS.some(({ name }) => name === text)) return text;
  throw new InvalidArgumentError(`Known are ${CONTENDERS.map(({ name }) => name).join(', ')}.`);
}

function setting(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Write it like GAPLESS_WORKERS=2.');
  return { ...before, [name]: value! };
}

/** What was given, with what follows from it. */
export function readFlags(command: Command): Flags & { atMost: number } {
  const flags = command.opts<Flags>();
  const given = (name: keyof Flags) => command.getOptionValueSource(name) === 'cli';
  if (flags.url !== undefined && given('target')) {
    throw new CommandError('--url and --target exclude each other', 'Leave out one of them.');
  }
  const storage = (['dataDir', 'redisUrl', 'redisPrefix', 'token'] as const).find(given);
  if (flags.url === undefined && storage) {
    throw new CommandError(
      '--data-dir, --redis-url, --redis-prefix and --token go with --url',
      'Add --url, or leave them out.',
    );
  }
  const seconds = flags.short && !given('seconds') ? Math.min(SHORT_SECONDS, flags.seconds) : flags.seconds;
  const target = flags.url === undefined ? flags.target : 'url';
  return { ...flags, seconds, target, atMost: flags.atMost ?? DEFAULT_BOUNDS.mostMs + 4 * seconds * 1000 };
}

export function contenderOf({ target, url, token = process.env.GAPLESS_TOKEN, ...flags }: Flags): Contender {
  if (url === undefined) return CONTENDERS.find(({ name }) => name === target)!;
  const { dataDir, redisUrl, redisPrefix } = flags;
  if (dataDir === undefined && redisUrl === undefined) return runningServer({ url, token });
  const storage: SettingFlags = { dataDir, redisUrl, redisPrefix };
  return runningServer({ url, token, openLog: async () => (await openLog(storage)).log });
}
