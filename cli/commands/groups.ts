import { Command } from 'commander';
import { groupsForgetCommand } from './groups-forget.ts';
import { groupsListCommand } from './groups-list.ts';

export function groupsCommand(): Command {
  return new Command('groups')
    .description('Look at consumer groups and how far they are.')
    .addCommand(groupsListCommand())
    .addCommand(groupsForgetCommand())
    .addHelpText(
      'after',
      `
Examples:
  gapless groups list
  gapless groups list --json | jq '.[] | {group, lag}'
  gapless groups forget old-export`,
    );
}
