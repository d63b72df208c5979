import { Command } from 'commander';
import { dlqListCommand } from './dlq-list.ts';

export function dlqCommand(): Command {
  return new Command('dlq')
    .description('Look at rejected events (dead letters).')
    .addCommand(dlqListCommand())
    .addHelpText(
      'after',
      `
Examples:
  gapless dlq list
  gapless dlq list --code invalid_field --json`,
    );
}
