/** The stress variant of the event log contract: every partition appended to and read at once, as fast as the log answers. */
import { expect, test } from 'vitest';
import type { EventLog } from '../../server/log/port.ts';
import type { LogOptions, LogUnderTest } from './event-log.ts';
import { contents, makeBatch, mustAppend } from './log-fixtures.ts';

type Open = (changes?: Partial<LogOptions>) => Promise<LogUnderTest>;
const PARTITIONS = 8;

export function runEventLogStress(open: Open, batches: number): void {
  test(`stress: ${PARTITIONS} partitions in parallel, readers beside them, retries of everything`, async () => {
    const { log } = await open({ partitions: PARTITIONS });
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const written = await Promise.all(partitions.map((partition) => write(log, partition, batches)));
    for (const partition of partitions) {
      expect(await contents(log, 'events', partition)).toEqual(written[partition]);
      const { first, last } = (await log.state()).events[partition]!;
      expect({ first, last }).toEqual({ first: 1, last: written[partition]!.length });
    }
  });
}

/** Appends each batch, asks for it again as a client with a lost answer would, and reads what the partition's end holds. */
async function write(log: EventLog, partition: number, batches: number): Promise<string[]> {
  const written: string[] = [];
  for (let i = 0; i < batches; i++) {
    const producers = [`a${partition}`, `b${partition}`];
    const count = 1 + ((i * 7 + partition) % 20);
    const first = 1 + i * 20;
    const drafts = producers.map((producer) => ({ producer, first, count, prev: i === 0 ? 0 : (i - 1) * 20 + 1 }));
    const batch = makeBatch(partition, drafts);
    const { last } = await mustAppend(log, batch);
    const stood = producers.flatMap((producer) => Array.from({ length: count }, (_, n) => `${producer}:${first + n}`));
    written.push(...stood);
    expect(last).toBe(written.length);
    const [again, tail] = await Promise.all([log.append(batch), contents(log, 'events', partition, last)]);
    expect(again).toMatchObject({ status: 'conflict', conflicts: [{ reason: 'overlap' }, { reason: 'overlap' }] });
    expect(tail).toEqual(stood);
  }
  return written;
}
