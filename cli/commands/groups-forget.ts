import { Command } from 'commander';
import { groupName } from '../arguments.ts';
import { note } from '../output.ts';
import { type SettingFlags, withStorageFlags } from '../settings.ts';

export function groupsForgetCommand(): Command {
  return withStorageFlags(
    new Command('forget').description(
      'Forget a group: its members, leases and positions. Nothing of the log is touched.',
    ),
  )
    .argument('<name>', 'the group', groupName)
    .addHelpText(
      'after',
      `
Stop its members first: one that runs begins anew. A group that nobody uses any more keeps retention from letting go of what it has not
done, until it has been quiet for long.

Example:
  gapless groups forget old-export

Exit code: 0; 1 if there is no such group.`,
    )
    .action(run);
}

async function run(name: string, flags: SettingFlags): Promise<void> {
  const { forgetGroup } = await import('../groups.ts');
  await forgetGroup(flags, name);
  note(`The group ${name} is forgotten.`);
}
