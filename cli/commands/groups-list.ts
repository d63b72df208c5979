import { Command } from 'commander';
import type { GroupLag } from '../groups.ts';
import { type Column, headLine, rowLine, timeText } from '../log/columns.ts';
import { grouped, note, printJson } from '../output.ts';
import { type SettingFlags, withStorageFlags } from '../settings.ts';

interface Flags extends SettingFlags {
  json?: boolean;
}

export function groupsListCommand(): Command {
  return withStorageFlags(
    new Command('list').description('Every group: where it is in each partition, and what is left.'),
  )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
LAG is how many stored events the group has not done. The server's own processor is the group "processor".

Examples:
  gapless groups list
  gapless groups list --json`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const { listGroups } = await import('../groups.ts');
  const groups = await listGroups(flags);
  if (flags.json) return printJson(groups);
  if (groups.length === 0) return note('There is no consumer group.');
  const rows = groups.flatMap(({ group, partitions }) => partitions.map((one) => ({ group, ...one })));
  process.stdout.write(headLine(COLUMNS));
  for (const row of rows) process.stdout.write(rowLine(COLUMNS, row));
  for (const { group, lag } of groups) note(`${group}: ${grouped(lag)} behind`);
}

type Row = { group: string } & GroupLag['partitions'][number];

const COLUMNS: readonly Column<Row>[] = [
  { title: 'GROUP', width: 24, value: (row) => row.group },
  { title: 'PART', width: 4, right: true, value: (row) => row.partition },
  { title: 'POSITION', width: 12, right: true, value: (row) => row.position },
  { title: 'LAST', width: 12, right: true, value: (row) => row.last },
  { title: 'LAG', width: 12, right: true, value: (row) => row.lag },
  {
    title: 'COMMITTED (UTC)',
    width: 23,
    value: (row) => (row.committedAt === 0 ? 'never' : timeText(row.committedAt)),
  },
];
