import { Command } from 'commander';
import { duration, groupName, list, start } from '../arguments.ts';
import { consumerStorage, storageText } from '../consumer-storage.ts';
import { aborted, onInterrupt } from '../interrupt.ts';
import { note } from '../output.ts';
import { type SettingFlags, settings, withStorageFlags } from '../settings.ts';

interface Flags extends SettingFlags {
  group: string;
  lease: number;
  from: 'earliest' | 'latest';
  type?: string[];
  user?: string[];
  json?: boolean;
}

export function tailCommand(): Command {
  return withStorageFlags(
    new Command('tail').description('Print events as a member of a consumer group, until Ctrl-C.'),
  )
    .requiredOption(
      '--group <name>',
      'the group; its members share the partitions, and its progress is kept',
      groupName,
    )
    .option('--from <place>', 'where a new group begins: earliest or latest', start, 'latest')
    .option('--lease <time>', 'how long partitions of a process that died stay its own', duration, 5_000)
    .option('--type <name>', 'print only events of these types or actions', list)
    .option('--user <id>', 'print only events of these users', list)
    .option('--json', 'one event a line as JSON, with all its fields')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
What was printed is committed: the group goes on there, whoever runs next. After a kill -9 the last events may be printed again. Run it in
several terminals under one name, and each prints a part. "gapless log tail" follows the log without a group.

Examples:
  gapless tail --group billing
  gapless tail --group export --from earliest --json >> events.ndjson
  gapless groups list

Exit code: 0, also after Ctrl-C; 3 if damaged entries were met (they are reported and left out).`;

async function run(flags: Flags): Promise<void> {
  const [{ openConsumer }, { EVENT_COLUMNS, eventFilter, eventJson }, { Printer }, { DAMAGED_EXIT_CODE }] =
    await Promise.all([
      import('../../server/consumer/index.ts'),
      import('../log/event-view.ts'),
      import('../log/printer.ts'),
      import('../log/damage.ts'),
    ]);
  const { config } = settings(flags);
  const printer = new Printer({ columns: EVENT_COLUMNS, json: eventJson, flags });
  const matches = eventFilter({ type: flags.type, user: flags.user });
  const interruption = onInterrupt();
  const consumer = await openConsumer({
    ...{ group: flags.group, storage: consumerStorage(config), start: flags.from, leaseMs: flags.lease },
    async handler({ partition, events, damaged, trimmed }) {
      for (const placed of events) {
        const row = { partition, ...placed };
        if (matches(row)) printer.print(row);
      }
      await printer.flush();
      if (trimmed > 0) note(`gapless: ${trimmed} events of partition ${partition} were gone before they were read.`);
      for (const { last, reason } of damaged) {
        note(`gapless: damaged entry in partition ${partition}, up to position ${last}: ${reason}.`);
        process.exitCode = DAMAGED_EXIT_CODE;
      }
    },
    onError: (error) => note(`gapless: ${(error as Error).message}; trying again.`),
  });
  try {
    if (!flags.json) note(`Group ${flags.group} follows ${storageText(config)}. Ctrl-C ends it.`);
    await aborted(interruption.signal);
  } finally {
    await consumer.stop();
    interruption.release();
  }
}
