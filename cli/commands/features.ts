import { Command } from 'commander';
import { featuresEraseCommand } from './features-erase.ts';

export function featuresCommand(): Command {
  return new Command('features')
    .description('What is kept of users.')
    .addCommand(featuresEraseCommand())
    .addHelpText(
      'after',
      `
Looking at features is HTTP's: curl -s localhost:8080/features/user/ann

Example:
  gapless features erase ann`,
    );
}
