/** Prints what a stream of the log holds now: the common part of `log read` and `dlq list`. */
import type { IntactEntry, Stream } from '../../format/model.ts';
import { onInterrupt } from '../interrupt.ts';
import { openLog } from '../open-log.ts';
import { note } from '../output.ts';
import type { SettingFlags } from '../settings.ts';
import { Damage } from './damage.ts';
import { type FilterFlags, starts } from './filters.ts';
import type { Printer } from './printer.ts';
import { scan } from './scan.ts';

export interface Listing<Row> {
  stream: Stream;
  decode: (entry: IntactEntry) => Row[];
  matches: (row: Row) => boolean;
  printer: Printer<Row>;
  /** Said where nothing matches. */
  nothing: string;
}

export async function listStream<Row>(flags: FilterFlags & SettingFlags, listing: Listing<Row>): Promise<void> {
  const { stream, decode, matches, printer, nothing } = listing;
  const { log } = await openLog(flags);
  const interruption = onInterrupt();
  const damage = new Damage();
  const over = (): boolean => printer.done || interruption.signal.aborted;
  try {
    for (const { partition, from, last } of await starts(log, stream, flags)) {
      for await (const item of scan(log, stream, partition, from, last)) {
        for (const row of damage.open(item, decode)) if (!printer.done && matches(row)) printer.print(row);
        await printer.flush('full');
        if (over()) break;
      }
      if (over()) break;
    }
    await printer.flush();
    if (printer.rows === 0 && !printer.asJson) note(nothing);
    damage.setExitCode();
    if (interruption.signal.aborted) process.exitCode = interruption.exitCode();
  } finally {
    interruption.release();
    await log.close();
  }
}
