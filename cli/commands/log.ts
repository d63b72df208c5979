import { Command } from 'commander';
import { logReadCommand } from './log-read.ts';
import { logStatsCommand } from './log-stats.ts';
import { logTailCommand } from './log-tail.ts';

export function logCommand(): Command {
  return new Command('log')
    .description('Read what the log holds, also while the server runs.')
    .addCommand(logReadCommand())
    .addCommand(logTailCommand())
    .addCommand(logStatsCommand())
    .addHelpText(
      'after',
      `
Examples:
  gapless log read --limit 20
  gapless log read --json --user listener-0000001
  gapless log tail
  gapless log stats`,
    );
}
