/** Which numbers of a producer were rejected: what stands in the dead letters, and what the log remembers of the last ones. */
import { producerKey } from '../../format/producer-key.ts';
import { unite } from '../../format/record.ts';
import { decodeDeadLetters } from '../../format/stored-event.ts';
import type { StoredLog } from '../../server/engines/engine.ts';
import { scan, streamState } from '../log/scan.ts';
import { Bitmap } from './bitmap.ts';
import type { Findings } from './findings.ts';

export class Rejections {
  readonly numbers = new Bitmap();
  readonly reasons: Record<string, number> = {};
  /** The highest rejected number. */
  highest = 0;
  /** Everything up to here is settled, as far as the log remembers the producer; 0 if it does not. */
  done = 0;

  /** False if that number is there already. */
  add(seq: number, code: string): boolean {
    if (this.numbers.add(seq)) return false;
    this.reasons[code] = (this.reasons[code] ?? 0) + 1;
    this.highest = Math.max(this.highest, seq);
    return true;
  }
}

/** `largest` is the highest number that the file can have; a dead letter above it is unexpected. */
export async function findRejections(
  log: StoredLog,
  producer: string,
  largest: number,
  findings: Findings,
): Promise<Rejections> {
  const rejections = new Rejections();
  for (const { partition, last } of await streamState(log, 'dead-letters')) {
    for await (const item of scan(log, 'dead-letters', partition, 1, last)) {
      if (item.status === 'damaged') {
        findings.add(
          'damaged',
          null,
          `dead letters of partition ${partition} up to position ${item.last} (${item.reason})`,
        );
        continue;
      }
      for (const { position, letter } of decodeDeadLetters(item)) {
        if (letter.producer !== producer) continue;
        const place = `dead letter at position ${position} of partition ${partition}`;
        if (letter.seq < 1 || letter.seq > largest || letter.epoch !== 1) {
          findings.add('unexpected', null, `${place}: number ${letter.seq} of epoch ${letter.epoch}`);
        } else if (!rejections.add(letter.seq, letter.code))
          findings.add('duplicates', letter.seq, `${place} stands twice`);
      }
    }
  }
  const [records = []] = await log.producers([producerKey({ tenant: 'default', owner: '', producer, epoch: 1 })]);
  const { done, rejected } = unite(records);
  // What was given up is no rejection, and without dead letters this is all that is known.
  for (const [seq, code] of rejected) if (code !== 'withdrawn' && seq <= largest) rejections.add(seq, code);
  rejections.done = done;
  return rejections;
}
