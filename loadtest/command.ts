/** `loadtest SCENARIO`: the command line of the load tests, behind `gapless loadtest` and `npm run loadtest`. */
import { Command } from 'commander';
import { CommandError } from '../cli/errors.ts';
import { compareCommand } from './compare/command.ts';
import { CONTENDERS } from './contenders/index.ts';
import { commandOf, readFlags } from './options.ts';
import { runScenario } from './run-scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';

const NAME_COLUMN = 18;

/** `name` is how it was called, for help. */
export function loadtestCommand(name: string): Command {
  const command = new Command(name)
    .description('Put a server under load, look at it once a second, verify its log afterwards, and write a report.')
    .argument('[scenario]')
    .option('--list', 'print the scenarios and the targets')
    .addHelpText('after', help(name))
    .action((unknown: string | undefined, flags: { list?: boolean }) => {
      if (unknown !== undefined) {
        throw new CommandError(`there is no scenario ${unknown}`, `"${name} --list" names them all.`);
      }
      if (!flags.list) command.help({ error: true });
      console.log(list());
    });
  for (const scenario of SCENARIOS) command.addCommand(scenarioCommand(name, scenario));
  return command.addCommand(compareCommand());
}

function scenarioCommand(name: string, scenario: Scenario): Command {
  const examples = ['--short', ...(scenario.examples ?? [])].map((options) => `  ${name} ${scenario.name} ${options}`);
  return commandOf(scenario)
    .addHelpText(
      'after',
      `${scenario.finds ? `\n${scenario.finds}\n` : ''}\nExamples:\n${examples.join('\n')}\n\n${EXIT}`,
    )
    .action((_, command) => runScenario(scenario, readFlags(command)));
}

const EXIT = `Exit code: 0 the run counts, its log is right and every bound was reached; 1 it does not count, or the log is wrong;
2 it counts, but a bound was missed or something happened that must not.`;

function help(name: string): string {
  return `
Everything that a run needs is started on free ports and in temporary folders, and taken away again. Ctrl-C ends it in order: what was
sent is drained and verified, and the report is written; it then says that the run does not count.

Examples:
  ${name} --list
  ${name} steady --short                        3 s at 10,000 events/s on the embedded engine
  ${name} steady --rate 20000 --target redis    the same on Redis
  ${name} saturation --target straightforward   what a peer reaches
  ${name} step-up                               where the knee is
  ${name} steady --url ws://127.0.0.1:8080 --data-dir ./data

${EXIT}`;
}

function list(): string {
  const rows = (of: readonly (readonly [string, string])[]) =>
    of.map(([name, about]) => `  ${name.padEnd(NAME_COLUMN)}${about}`);
  return [
    'Scenarios:',
    ...rows(SCENARIOS.map(({ name, about }) => [name, about])),
    '',
    'Targets:',
    ...rows(CONTENDERS.map(({ name, title }) => [name, title])),
  ].join('\n');
}
