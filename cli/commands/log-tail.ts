import { Command } from 'commander';
import { onInterrupt } from '../interrupt.ts';
import { Damage } from '../log/damage.ts';
import { type EventFlags, starts, withEventFilters } from '../log/filters.ts';
import { Printer } from '../log/printer.ts';
import { note } from '../output.ts';
import { withStorageFlags } from '../settings.ts';

export function logTailCommand(): Command {
  const command = new Command('tail').description('Print events as they are stored, until Ctrl-C or --limit.');
  return withStorageFlags(withEventFilters(command))
    .option('--json', 'one event a line as JSON, with all its fields')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Begins at the end, or at --from or --since. Lines are those of "gapless log read".

Examples:
  gapless log tail
  gapless log tail --since 10m --type like,dislike
  gapless log tail --json --limit 100 > sample.ndjson

Exit code: 0, also after Ctrl-C; 3 if damaged entries were met (they are reported and left out).`;

async function run(flags: EventFlags): Promise<void> {
  const [{ openLog }, { tail }, { EVENT_COLUMNS, eventFilter, eventJson, placedEvents }] = await Promise.all([
    import('../open-log.ts'),
    import('../../server/log/tail.ts'),
    import('../log/event-view.ts'),
  ]);
  const { log, where } = await openLog(flags);
  const done = new AbortController();
  const interruption = onInterrupt(() => done.abort());
  const printer = new Printer({ columns: EVENT_COLUMNS, json: eventJson, flags });
  const matches = eventFilter(flags);
  const damage = new Damage();

  const follow = async (partition: number, from: number): Promise<void> => {
    for await (const item of tail(log, 'events', partition, from, done.signal)) {
      for (const row of damage.open(item, placedEvents)) if (!printer.done && matches(row)) printer.print(row);
      await printer.flush();
      if (printer.done) done.abort();
    }
  };
  try {
    const atEnd = flags.from === undefined && flags.since === undefined;
    const chosen = await starts(log, 'events', flags);
    if (!flags.json) note(`Following ${where}. Ctrl-C ends it.`);
    await Promise.all(chosen.map(({ partition, from, last }) => follow(partition, atEnd ? last + 1 : from)));
    damage.setExitCode();
  } finally {
    done.abort();
    interruption.release();
    await log.close();
  }
}
