/** `loadtest SCENARIO`: the command line of the load tests, behind `gapless loadtest` and `npm run loadtest`. */
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../cli/arguments.ts';
import { CommandError } from '../cli/errors.ts';
import { onInterrupt } from '../cli/interrupt.ts';
import { note } from '../cli/output.ts';
import { Progress } from '../cli/progress.ts';
import { compareCommand } from './compare/command.ts';
import { CONTENDERS } from './contenders/index.ts';
import { exitCodeOf } from './report/exit-code.ts';
import { writeReport } from './report/files.ts';
import type { RunRecord } from './report/record.ts';
import { summaryOf } from './report/summary.ts';
import { conduct } from './run/conduct.ts';
import { describeProgress } from './run/progress.ts';
import type { Run } from './run/run.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { CommonOptions, Scenario } from './scenarios/scenario.ts';

const SECONDS = 10;
const SHORT_SECONDS = 3;
const REPORTS = 'loadtest/reports';

interface RunFlags extends CommonOptions {
  env?: string[];
  generators: number;
  out?: string;
  html: boolean;
  svg: boolean;
}

export function loadtestCommand(name = 'loadtest'): Command {
  const command = new Command(name).description('Put a server under load, and verify its log afterwards.');
  for (const scenario of SCENARIOS) command.addCommand(scenarioCommand(scenario));
  return command.addCommand(compareCommand());
}

function scenarioCommand(scenario: Scenario): Command {
  const command = scenario.configure(new Command(scenario.name).description(scenario.about));
  const own = new Set(command.options.map(({ long }) => long));
  for (const option of commonOptions().options) if (!own.has(option.long)) command.addOption(option);
  return command.action(() => run(scenario, command));
}

/** A scenario may have its own of any of these, with another default. */
function commonOptions(): Command {
  const names = CONTENDERS.map(({ name }) => name).join(', ');
  return new Command()
    .option('--target <name>', `who is put under load: ${names}`, target, 'embedded')
    .option('--seconds <n>', 'how long is measured', wholeNumber(1, 86_400), SECONDS)
    .option('--seed <n>', 'of the events and of the arrivals', wholeNumber(1), 1)
    .option('--short', `a first look: ${SHORT_SECONDS} s where --seconds is not given`, false)
    .option('--generators <n>', 'processes that make the load', wholeNumber(1, 64), 1)
    .option('--env <NAME=VALUE>', "a setting of the server's; may be repeated", setting)
    .option('--out <file>', `where the JSON goes (default: ${REPORTS}/SCENARIO-TARGET-TIME.json)`)
    .option('--no-html', 'without the page beside the JSON')
    .option('--svg', 'each plot as a file of its own, too', false);
}

function target(text: string): string {
  if (CONTENDERS.some(({ name }) => name === text)) return text;
  throw new InvalidArgumentError(`Known are ${CONTENDERS.map(({ name }) => name).join(', ')}.`);
}

function setting(text: string, before: string[] | undefined): string[] {
  if (/^[A-Z][A-Z0-9_]*=/.test(text)) return [...(before ?? []), text];
  throw new InvalidArgumentError('Write it like GAPLESS_WORKERS=2.');
}

async function run(scenario: Scenario, command: Command): Promise<void> {
  const flags = command.opts<RunFlags>();
  if (flags.short && command.getOptionValueSource('seconds') === 'default') flags.seconds = SHORT_SECONDS;
  const { env = [], generators, out, html, svg, ...options } = flags;
  const contender = CONTENDERS.find(({ name }) => name === options.target);
  if (!contender) throw new CommandError(`${options.target} is not known`);
  const missing = contender.missing?.() ?? null;
  if (missing !== null) throw new CommandError(missing);
  const interruption = onInterrupt(() =>
    note('Ending: what was sent is drained and verified. Ctrl-C again ends it at once.'),
  );
  let current: Run | null = null;
  const progress = new Progress(() => describeProgress(scenario.name, current));
  try {
    const record = await conduct(
      scenario,
      options,
      {
        contender,
        env: Object.fromEntries(env.map((pair) => pair.split(/=(.*)/s, 2) as [string, string])),
        processes: generators,
        signal: interruption.signal,
        tell: (text) => progress.note(text),
      },
      {
        onRun: (started) => {
          current = started;
        },
      },
    );
    progress.stop();
    console.log(summaryOf(record));
    const files = await writeReport(record, out ?? defaultFile(record), { html, svg });
    console.log(`Written to ${files.join('\n           ')}`);
    process.exitCode = exitCodeOf(record);
  } finally {
    progress.stop();
    interruption.release();
  }
}

function defaultFile({ scenario, contender, machine }: RunRecord): string {
  return path.join(REPORTS, `${scenario}-${contender}-${machine.time.replaceAll(':', '-')}.json`);
}
