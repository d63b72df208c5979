import { Command } from 'commander';
import { strict } from '../strict.ts';

/** Everything behind it is loaded when it is called: it brings a generator, peers and scenarios. */
export function loadtestCommand(): Command {
  return new Command('loadtest')
    .description('Put a server under load, verify its log afterwards, and write a report.')
    .argument('[scenario...]')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (_words, _flags, command: Command) => {
      const { loadtestCommand } = await import('../../loadtest/command.ts');
      const whole = loadtestCommand('gapless loadtest');
      strict(whole);
      for (const one of [whole, ...whole.commands]) one.configureOutput(command.configureOutput());
      await whole.parseAsync(command.args, { from: 'user' });
    });
}
