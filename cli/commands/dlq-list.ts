import { Command } from 'commander';
import type { DeadLetter } from '../../format/model.ts';
import { list } from '../arguments.ts';
import type { PlacedLetter } from '../log/dead-letter-view.ts';
import { type FilterFlags, makeFilter, withFilters } from '../log/filters.ts';
import { Printer } from '../log/printer.ts';
import { type SettingFlags, withStorageFlags } from '../settings.ts';

interface Flags extends FilterFlags, SettingFlags {
  code?: string[];
  stage?: string[];
  json?: boolean;
}

export function dlqListCommand(): Command {
  const command = new Command('list').description('Print rejected events: where they failed, why, and what was sent.');
  withFilters(command)
    .option('--code <name>', 'only those rejected for these reasons', list)
    .option('--stage <name>', 'only those that failed at decode, validate or process', list);
  return withStorageFlags(command)
    .option('--json', 'one a line as JSON, with the event (as event_hex where it does not decode)')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Examples:
  gapless dlq list --limit 20
  gapless dlq list --json --code invalid_field,missing_field | jq '.path' | sort | uniq -c
  gapless dlq list --producer monday --since 1d

Exit code: 0, or 3 if damaged entries were met (they are reported and left out).`;

async function run(flags: Flags): Promise<void> {
  const [{ listStream }, { LETTER_COLUMNS, letterJson, letterUser, placedLetters }] = await Promise.all([
    import('../log/list-stream.ts'),
    import('../log/dead-letter-view.ts'),
  ]);
  await listStream(flags, {
    stream: 'dead-letters',
    decode: placedLetters,
    matches: letterFilter(flags, letterUser),
    printer: new Printer({ columns: LETTER_COLUMNS, json: letterJson, flags }),
    nothing: 'No dead letters.',
  });
}

/** `userOf` decodes the event, so it is asked only where somebody wants to know. */
function letterFilter(flags: Flags, userOf: (letter: DeadLetter) => unknown): (row: PlacedLetter) => boolean {
  const matches = makeFilter(flags);
  const codes = flags.code && new Set<string>(flags.code);
  const stages = flags.stage && new Set<string>(flags.stage);
  return ({ position, letter }) =>
    matches(position, letter, flags.user && userOf(letter)) &&
    (!codes || codes.has(letter.code)) &&
    (!stages || stages.has(letter.stage));
}
