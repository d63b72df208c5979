import { Command } from 'commander';
import { type EventFlags, withEventFilters } from '../log/filters.ts';
import { Printer } from '../log/printer.ts';
import { withStorageFlags } from '../settings.ts';

export function logReadCommand(): Command {
  const command = new Command('read').description('Print stored events, partition by partition in log order.');
  return withStorageFlags(withEventFilters(command))
    .option('--json', 'one event a line as JSON, with all its fields')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
With --json each line has partition, position, tenant, producer, epoch, seq, received_at and the fields of the event. "position" is the
log's; the field of that name in recommendation events is printed as event_position.

Examples:
  gapless log read --limit 20
  gapless log read --json --type skip --since 1h | jq .track_id
  gapless log read --partition 0,3 --from 1000 --json
  gapless log read --redis-url redis://127.0.0.1:6379 --json

Exit code: 0, or 3 if damaged entries were met (they are reported and left out).`;

async function run(flags: EventFlags): Promise<void> {
  const [{ listStream }, { EVENT_COLUMNS, eventFilter, eventJson, placedEvents }] = await Promise.all([
    import('../log/list-stream.ts'),
    import('../log/event-view.ts'),
  ]);
  await listStream(flags, {
    stream: 'events',
    decode: placedEvents,
    matches: eventFilter(flags),
    printer: new Printer({ columns: EVENT_COLUMNS, json: eventJson, flags }),
    nothing: 'No events.',
  });
}
