import { Command } from 'commander';
import { note, plural } from '../output.ts';
import { type SettingFlags, withStorageFlags } from '../settings.ts';

interface Flags extends SettingFlags {
  tenant: string;
}

export function featuresEraseCommand(): Command {
  return withStorageFlags(
    new Command('erase').description(
      'Erase what is kept of a user: features, the session under way, taste, dislikes and the lists that were served.',
    ),
  )
    .argument('<user>', 'its user_id')
    .option('--tenant <name>', 'the user’s tenant', 'default')
    .addHelpText(
      'after',
      `
Servers may run meanwhile: their processors notice, and go on without it. What the user does afterwards is kept again, as of a new one.
Not touched: the user's events in the log, which retention lets go of; figures of tracks, artists and genres, which name no user; and the
sessions that recommendations learn from, of which the index keeps the most recent (GAPLESS_INDEX_SESSIONS).

Example:
  gapless features erase ann

Exit code: 0; 1 if nothing is known of the user.`,
    )
    .action(run);
}

async function run(user: string, { tenant, ...flags }: Flags): Promise<void> {
  const { eraseUser } = await import('../features.ts');
  const records = await eraseUser(flags, tenant, user);
  note(`Erased ${plural(records, 'record')} of ${user}.`);
}
